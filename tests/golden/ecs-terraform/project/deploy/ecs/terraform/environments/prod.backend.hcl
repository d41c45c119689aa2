# Where the state of prod is.

bucket       = "example-00000000"
key          = "orders/prod/service.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
