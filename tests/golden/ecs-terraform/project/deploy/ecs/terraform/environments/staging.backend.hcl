# Where the state of staging is.

bucket       = "example-00000000"
key          = "orders/staging/service.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
