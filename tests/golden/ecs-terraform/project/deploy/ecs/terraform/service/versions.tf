# One environment of orders on AWS Fargate: network edge, task, service and scaling.
# It is called orders-<environment>, and so are its cluster, service, task family and log group.
# This state owns the task definition: change it here, not in the console and not from a pipeline step.

terraform {
  # From this version on, S3 locks the state by itself.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # The next major version may change what is written here. README.md says how to take a newer minor one.
      version = "~> 6.25"
    }
  }

  # Its values are in ../environments, a file for each state.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      service     = "orders"
      environment = var.environment
      owner       = "orders-team"
    }
  }
}

data "aws_caller_identity" "current" {}

locals {
  name    = "orders-${var.environment}"
  account = data.aws_caller_identity.current.account_id

  # The boundary that ../bootstrap has made for this environment, or that of your company.
  permissions_boundary = coalesce(
    var.permissions_boundary,
    "arn:aws:iam::${local.account}:policy/orders-${var.environment}-boundary",
  )
}
