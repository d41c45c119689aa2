# Where the state of dev in us-east-1 is: in that region, so that it is there when another one is gone.

bucket       = "example-00000000-us-east-1"
key          = "orders/dev/service.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
