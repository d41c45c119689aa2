# What orders needs before its first image: a registry, a role that lets GitHub Actions push, and the roles that deploy.
# One state for the account, with the rights of an administrator: README.md has the command.

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

  # Its values are in ../environments/bootstrap.backend.hcl.
  backend "s3" {}
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = {
      service = "orders"
      owner   = "orders-team"
    }
  }
}

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
}

variable "kms_key_arns" {
  description = "The key of KMS that encrypts the images of each region. A repository takes one only when it is made"
  type        = map(string)
}

resource "aws_ecr_repository" "repository" {
  for_each = toset(["us-east-1"])

  region               = each.key
  name                 = "orders"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arns[each.key]
  }
}

# A hundred images reach back further than any rollback. Raise it if an environment stays behind for longer.
resource "aws_ecr_lifecycle_policy" "repository" {
  for_each = aws_ecr_repository.repository

  region     = each.key
  repository = each.value.name

  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Untagged images after a week"
        selection = {
          tagStatus   = "untagged"
          countType   = "sinceImagePushed"
          countUnit   = "days"
          countNumber = 7
        }
        action = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "All but the newest 100 images"
        selection = {
          tagStatus   = "any"
          countType   = "imageCountMoreThan"
          countNumber = 100
        }
        action = { type = "expire" }
      },
    ]
  })
}

output "repository_url" {
  description = "Where images are pushed"
  value       = aws_ecr_repository.repository["us-east-1"].repository_url
}
