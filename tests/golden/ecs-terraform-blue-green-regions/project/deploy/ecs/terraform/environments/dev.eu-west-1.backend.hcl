# Where the state of dev in eu-west-1 is: in that region, so that it is there when another one is gone.

bucket       = "example-00000000-eu-west-1"
key          = "orders/dev/service.tfstate"
region       = "eu-west-1"
encrypt      = true
use_lockfile = true
