# ../service gives its roles what they need, and everybody who may merge to main may change it; these policies are the limit. What the
# code comes to need has to be allowed here, too.

locals {
  boundaries = {
    for environment in local.environments :
    environment => var.permissions_boundary != null ? var.permissions_boundary : aws_iam_policy.boundary[environment].arn
  }
}

resource "aws_iam_policy" "boundary" {
  for_each = var.permissions_boundary == null ? local.environments : toset([])

  name        = "orders-${each.key}-boundary"
  description = "The most that the roles of the service may do, whatever their own policies say"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # Pull the image, write the log, read the secrets.
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
          "ecr:GetDownloadUrlForLayer",
        ]
        Resource = "arn:aws:ecr:${local.here}:repository/orders"
      },
      {
        Effect = "Allow"
        Action = [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ]
        Resource = [
          "arn:aws:logs:${local.here}:log-group:/ecs/orders-${each.key}:*",
        ]
      },
      {
        Effect = "Allow"
        Action = [
          "secretsmanager:GetSecretValue",
          "ssm:GetParameters",
        ]
        Resource = [
          "arn:aws:secretsmanager:${local.here}:secret:orders/${each.key}/*",
          "arn:aws:ssm:${local.here}:parameter/orders/${each.key}/*",
        ]
      },
    ]
  })
}
