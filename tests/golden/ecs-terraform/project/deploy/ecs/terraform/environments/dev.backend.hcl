# Where the state of dev is.

bucket       = "example-00000000"
key          = "orders/dev/service.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
