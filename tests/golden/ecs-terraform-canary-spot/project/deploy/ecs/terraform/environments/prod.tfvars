# What is different in prod. The README says what each of them is.

environment = "prod"
region      = "us-east-1"

vpc_id                   = "vpc-00000000000000000"
load_balancer_subnet_ids = ["subnet-00000000000000001", "subnet-00000000000000002"]
task_subnet_ids          = ["subnet-00000000000000003", "subnet-00000000000000004"]

client_cidr = "0.0.0.0/0"

test_client_cidr = "127.0.0.1/32"

certificate_arn = "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000"

web_acl_arn = "arn:aws:wafv2:us-east-1:000000000000:regional/webacl/example/00000000-0000-0000-0000-000000000000"

access_log_bucket_name = "example-00000000"

kms_key_arn = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"

min_tasks = 2
max_tasks = 6

deletion_protection = true
