# One host name for both regions of one environment of orders: us-east-1 as long as it is healthy, else the other one.
# One state for each environment. Route 53 is global; the state lives in us-east-1.
#
# A health check calls the load balancer by its own name, so it minds no certificate, and /readyz minds nothing that the service
# depends on. Three failures in a row take the region out, and so does a load balancer without healthy tasks.

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

  # Its values are in ../environments, a file for each environment.
  backend "s3" {}
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = {
      service     = "orders"
      environment = var.environment
      owner       = "orders-team"
    }
  }
}

variable "environment" {
  description = "Name of the environment"
  type        = string
}

variable "hosted_zone_id" {
  description = "The public hosted zone of the host name"
  type        = string
}

variable "host_name" {
  description = "The name that clients call; the certificate of every region has to cover it"
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]+$", var.host_name))
    error_message = "A host name is written like orders.example.com."
  }
}

variable "load_balancers" {
  description = "Output load_balancer of ../service in each region"
  type = map(object({
    name    = string
    zone_id = string
  }))
}

resource "aws_route53_health_check" "health_check" {
  for_each = var.load_balancers

  type              = "HTTPS"
  fqdn              = each.value.name
  port              = 443
  resource_path     = "/readyz"
  request_interval  = 30
  failure_threshold = 3
}

resource "aws_route53_record" "record" {
  for_each = var.load_balancers

  zone_id        = var.hosted_zone_id
  name           = var.host_name
  type           = "A"
  set_identifier = each.key

  health_check_id = aws_route53_health_check.health_check[each.key].id

  failover_routing_policy {
    type = each.key == "us-east-1" ? "PRIMARY" : "SECONDARY"
  }

  alias {
    name                   = each.value.name
    zone_id                = each.value.zone_id
    evaluate_target_health = true
  }
}
