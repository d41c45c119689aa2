# Where the state of ../bootstrap is.

bucket       = "example-00000000"
key          = "orders/bootstrap.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
