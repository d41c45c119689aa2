# Where the state of the host name of dev is.

bucket       = "example-00000000-us-east-1"
key          = "orders/dev/dns.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
