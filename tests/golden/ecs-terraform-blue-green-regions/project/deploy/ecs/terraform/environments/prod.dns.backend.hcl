# Where the state of the host name of prod is.

bucket       = "example-00000000-us-east-1"
key          = "orders/prod/dns.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
