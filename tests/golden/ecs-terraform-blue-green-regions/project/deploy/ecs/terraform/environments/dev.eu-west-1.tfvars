# What is different in dev in eu-west-1. The README says what each of them is.

environment = "dev"
region      = "eu-west-1"

vpc_id                   = "vpc-00000000000000000"
load_balancer_subnet_ids = ["subnet-00000000000000001", "subnet-00000000000000002"]
task_subnet_ids          = ["subnet-00000000000000003", "subnet-00000000000000004"]

client_cidr = "0.0.0.0/0"

test_client_cidr = "127.0.0.1/32"

certificate_arn = "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000"

min_tasks = 1
max_tasks = 2

deletion_protection = false
