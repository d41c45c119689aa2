# Who may do what from GitHub: push images, look at what a change would do, and deploy one environment.

variable "github_subject" {
  description = "The repository as GitHub Actions tokens name it, owner@id/name@id or, before July 2026, owner/name"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.github_subject))
    error_message = "A repository is named as owner@id/name@id or owner/name."
  }
}

variable "state_buckets" {
  description = "The buckets of S3 that have the states, as ../environments names them"
  type        = list(string)
}

variable "permissions_boundary" {
  description = "A permissions boundary of your company for the roles of the service; null makes one for each environment"
  type        = string
  default     = null
}

locals {
  environments = toset(["dev", "staging", "prod"])

  # The account's OIDC provider for GitHub Actions. An account can have only one, other services depend on it, and no state owns it.
  github_provider = "arn:aws:iam::${local.account}:oidc-provider/token.actions.githubusercontent.com"

  # What a role in the region may reach.
  here = "us-east-1:${local.account}"
}

# Pushes images. Trusted for runs on the main branch only.
resource "aws_iam_role" "image_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.github_provider }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:${var.github_subject}:ref:refs/heads/main"

          # The workflow as it is on main: no other one, and no branch's.
          "token.actions.githubusercontent.com:job_workflow_ref" = "my-org/orders/.github/workflows/deploy-ecs.yaml@refs/heads/main"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "push_image" {
  name = "push-image"
  role = aws_iam_role.image_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:DescribeImages",
          "ecr:DescribeRepositories",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = "arn:aws:ecr:${local.here}:repository/orders"
      },
    ]
  })
}

# Sees what a change would do, and changes nothing. A pull request takes this role before anybody has reviewed it: it may read how
# the environment is made, and no secret.
resource "aws_iam_role" "plan_role" {
  for_each = local.environments

  name = "orders-${each.key}-plan"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.github_provider }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = [
            "repo:${var.github_subject}:pull_request",
            "repo:${var.github_subject}:ref:refs/heads/main",
          ]
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "plan_role" {
  for_each = local.environments

  role       = aws_iam_role.plan_role[each.key].name
  policy_arn = aws_iam_policy.look[each.key].arn
}

# Only a job that GitHub let into the environment can take this role.
resource "aws_iam_role" "deploy_role" {
  for_each = local.environments

  name = "orders-${each.key}-deploy"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.github_provider }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:${var.github_subject}:environment:${each.key}"

          # The workflow as it is on main: no other one, and no branch's.
          "token.actions.githubusercontent.com:job_workflow_ref" = "my-org/orders/.github/workflows/deploy-ecs.yaml@refs/heads/main"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "deploy_look" {
  for_each = local.environments

  role       = aws_iam_role.deploy_role[each.key].name
  policy_arn = aws_iam_policy.look[each.key].arn
}

resource "aws_iam_role_policy_attachment" "deploy_state" {
  for_each = local.environments

  role       = aws_iam_role.deploy_role[each.key].name
  policy_arn = aws_iam_policy.state[each.key].arn
}

resource "aws_iam_role_policy_attachment" "deploy_service" {
  for_each = local.environments

  role       = aws_iam_role.deploy_role[each.key].name
  policy_arn = aws_iam_policy.service[each.key].arn
}

resource "aws_iam_role_policy_attachment" "deploy_network" {
  for_each = local.environments

  role       = aws_iam_role.deploy_role[each.key].name
  policy_arn = aws_iam_policy.network[each.key].arn
}

output "image_role_arn" {
  description = "Repository variable AWS_IMAGE_ROLE_ARN"
  value       = aws_iam_role.image_role.arn
}

output "deploy_role_arns" {
  description = "Variable AWS_DEPLOY_ROLE_ARN of each environment on GitHub"
  value       = { for environment, role in aws_iam_role.deploy_role : environment => role.arn }
}
