# What ../environments and deploy.sh say.

variable "environment" {
  description = "Name of the environment"
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.environment))
    error_message = "An environment consists of lower-case letters, digits and dashes."
  }
}

variable "region" {
  description = "Region of AWS"
  type        = string
}

variable "image" {
  description = "Image by digest, so that a tag that moves cannot change what runs"
  type        = string

  validation {
    condition     = can(regex("^.+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "An image reference ends in @sha256: and 64 hexadecimal digits."
  }
}

variable "commit" {
  description = "The commit that the image was built from"
  type        = string
  default     = "none"
}

variable "author" {
  description = "The author of that commit"
  type        = string
  default     = "none"
}

variable "vpc_id" {
  description = "The VPC"
  type        = string
}

variable "load_balancer_subnet_ids" {
  description = "Two or more public subnets in different availability zones"
  type        = list(string)

  validation {
    condition     = length(var.load_balancer_subnet_ids) >= 2
    error_message = "A load balancer needs subnets in two availability zones or more."
  }
}

variable "task_subnet_ids" {
  description = "Private subnets with a NAT gateway or the VPC endpoints listed in README.md"
  type        = list(string)
}

variable "client_cidr" {
  description = "Addresses that may call the load balancer"
  type        = string

  validation {
    condition     = can(cidrhost(var.client_cidr, 0))
    error_message = "Addresses are written like 10.0.0.0/8."
  }
}

variable "test_client_cidr" {
  description = "Addresses that may call port 8443, where a new version answers before it takes traffic"
  type        = string

  validation {
    condition     = can(cidrhost(var.test_client_cidr, 0))
    error_message = "Addresses are written like 10.0.0.0/8."
  }
}

variable "certificate_arn" {
  description = "An issued ACM certificate of the host name, in the same region"
  type        = string
}

variable "permissions_boundary" {
  description = "A permissions boundary of your company for the roles of the service; null takes that of ../bootstrap"
  type        = string
  default     = null
}

variable "min_tasks" {
  description = "The fewest tasks"
  type        = number

  validation {
    condition     = var.min_tasks >= 1
    error_message = "One task at least has to run."
  }
}

variable "max_tasks" {
  description = "The most tasks"
  type        = number

  validation {
    condition     = var.max_tasks >= 1
    error_message = "One task at least has to run."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer; destroy.sh lifts it"
  type        = bool
}
