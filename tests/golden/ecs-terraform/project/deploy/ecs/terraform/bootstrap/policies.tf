# What the roles of one environment may do. Each policy ends at its names, paths and tags.

# Reads what a plan compares with the files. What these actions read cannot be limited to one environment, except for the state.
resource "aws_iam_policy" "look" {
  for_each = local.environments

  name        = "orders-${each.key}-look"
  description = "See how orders is made in ${each.key}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for bucket in var.state_buckets : "arn:aws:s3:::${bucket}/orders/${each.key}/*"]
      },
      {
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = [for bucket in var.state_buckets : "arn:aws:s3:::${bucket}"]
        # Beside its own states, which workspaces there are: Terraform asks for them.
        Condition = {
          StringLike = { "s3:prefix" = ["orders/${each.key}/*", "env:/*"] }
        }
      },
      {
        Effect = "Allow"
        Action = [
          "ecr:BatchGetImage",
          "ecr:DescribeImages",
          "ecr:DescribeRepositories",
        ]
        Resource = "arn:aws:ecr:${local.here}:repository/orders"
      },
      {
        Effect = "Allow"
        Action = [
          "iam:GetRole",
          "iam:GetRolePolicy",
          "iam:ListAttachedRolePolicies",
          "iam:ListRolePolicies",
          "iam:ListRoleTags",
        ]
        Resource = "arn:aws:iam::${local.account}:role/orders/${each.key}/*"
      },
      {
        Effect = "Allow"
        Action = [
          "application-autoscaling:DescribeScalableTargets",
          "application-autoscaling:DescribeScalingPolicies",
          "application-autoscaling:ListTagsForResource",
          "cloudwatch:DescribeAlarms",
          "cloudwatch:ListTagsForResource",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSecurityGroupRules",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcs",
          "ecs:DescribeClusters",
          "ecs:DescribeServices",
          "ecs:DescribeTaskDefinition",
          "ecs:ListTagsForResource",
          "elasticloadbalancing:DescribeCapacityReservation",
          "elasticloadbalancing:DescribeListenerAttributes",
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancerAttributes",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeRules",
          "elasticloadbalancing:DescribeTags",
          "elasticloadbalancing:DescribeTargetGroupAttributes",
          "elasticloadbalancing:DescribeTargetGroups",
          "elasticloadbalancing:DescribeTargetHealth",
          "logs:DescribeLogGroups",
          "logs:ListTagsForResource",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_policy" "state" {
  for_each = local.environments

  name        = "orders-${each.key}-state"
  description = "Write the state of orders in ${each.key}, and lock it"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = [for bucket in var.state_buckets : "arn:aws:s3:::${bucket}/orders/${each.key}/service.tfstate"]
      },
      {
        Effect = "Allow"
        Action = [
          "s3:DeleteObject",
          "s3:PutObject",
        ]
        Resource = [for bucket in var.state_buckets : "arn:aws:s3:::${bucket}/orders/${each.key}/service.tfstate.tflock"]
      },
    ]
  })
}

resource "aws_iam_policy" "service" {
  for_each = local.environments

  name        = "orders-${each.key}-service"
  description = "Make and change the service orders in ${each.key}: its cluster, roles, logs, alarms and scaling"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup",
          "logs:DeleteLogGroup",
          "logs:DeleteRetentionPolicy",
          "logs:DisassociateKmsKey",
          "logs:PutRetentionPolicy",
          "logs:TagResource",
          "logs:UntagResource",
        ]
        Resource = [
          "arn:aws:logs:${local.here}:log-group:/ecs/orders-${each.key}",
          "arn:aws:logs:${local.here}:log-group:/ecs/orders-${each.key}:*",
        ]
      },
      {
        Effect = "Allow"
        Action = [
          "cloudwatch:DeleteAlarms",
          "cloudwatch:PutMetricAlarm",
          "cloudwatch:TagResource",
          "cloudwatch:UntagResource",
        ]
        Resource = [
          "arn:aws:cloudwatch:${local.here}:alarm:orders-${each.key}-ServerErrorsAlarm",
          "arn:aws:cloudwatch:${local.here}:alarm:orders-${each.key}-SlowAnswersAlarm",
        ]
      },
      # The boundary limits the roles that it creates, below a path of their own.
      {
        Effect = "Allow"
        Action = [
          "iam:AttachRolePolicy",
          "iam:CreateRole",
          "iam:DeleteRolePolicy",
          "iam:DetachRolePolicy",
          "iam:PutRolePermissionsBoundary",
          "iam:PutRolePolicy",
        ]
        Resource = "arn:aws:iam::${local.account}:role/orders/${each.key}/*"
        Condition = {
          StringEquals = { "iam:PermissionsBoundary" = local.boundaries[each.key] }
        }
      },
      {
        Effect = "Allow"
        Action = [
          "iam:DeleteRole",
          "iam:ListInstanceProfilesForRole",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ]
        Resource = "arn:aws:iam::${local.account}:role/orders/${each.key}/*"
      },
      {
        Effect   = "Allow"
        Action   = "iam:PassRole"
        Resource = "arn:aws:iam::${local.account}:role/orders/${each.key}/*"
        Condition = {
          StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" }
        }
      },
      # AWS creates these once per account, when the first service asks for them.
      {
        Effect   = "Allow"
        Action   = "iam:CreateServiceLinkedRole"
        Resource = "arn:aws:iam::${local.account}:role/aws-service-role/*"
        Condition = {
          StringEquals = {
            "iam:AWSServiceName" = [
              "ecs.amazonaws.com",
              "ecs.application-autoscaling.amazonaws.com",
              "elasticloadbalancing.amazonaws.com",
            ]
          }
        }
      },
      {
        Effect = "Allow"
        Action = [
          "ecs:CreateCluster",
          "ecs:CreateService",
          "ecs:DeleteCluster",
          "ecs:DeleteService",
          "ecs:PutClusterCapacityProviders",
          "ecs:RegisterTaskDefinition",
          "ecs:TagResource",
          "ecs:UntagResource",
          "ecs:UpdateCluster",
          "ecs:UpdateClusterSettings",
          "ecs:UpdateService",
        ]
        Resource = [
          "arn:aws:ecs:${local.here}:cluster/orders-${each.key}",
          "arn:aws:ecs:${local.here}:service/orders-${each.key}/*",
          "arn:aws:ecs:${local.here}:task-definition/orders-${each.key}:*",
        ]
      },
      # AWS makes up the id of a scalable target when it is created; its tags tell to which environment it belongs.
      {
        Effect = "Allow"
        Action = [
          "application-autoscaling:DeleteScalingPolicy",
          "application-autoscaling:DeregisterScalableTarget",
          "application-autoscaling:PutScalingPolicy",
          "application-autoscaling:RegisterScalableTarget",
          "application-autoscaling:TagResource",
          "application-autoscaling:UntagResource",
        ]
        Resource = "arn:aws:application-autoscaling:${local.here}:scalable-target/*"
        Condition = {
          StringEqualsIfExists = {
            "aws:ResourceTag/service"     = "orders"
            "aws:ResourceTag/environment" = each.key
          }
        }
      },
    ]
  })
}

resource "aws_iam_policy" "network" {
  for_each = local.environments

  name        = "orders-${each.key}-network"
  description = "Make and change the load balancer and the security groups of orders in ${each.key}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # What is made bears the tags of the environment, and only what bears them can be changed.
      {
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddTags",
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateRule",
          "elasticloadbalancing:CreateTargetGroup",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:RequestTag/service"     = "orders"
            "aws:RequestTag/environment" = each.key
          }
          StringEqualsIfExists = {
            "aws:ResourceTag/service"     = "orders"
            "aws:ResourceTag/environment" = each.key
          }
        }
      },
      {
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteRule",
          "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:ModifyListener",
          "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyRule",
          "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RemoveTags",
          "elasticloadbalancing:SetRulePriorities",
          "elasticloadbalancing:SetSecurityGroups",
          "elasticloadbalancing:SetSubnets",
        ]
        Resource = "*"
        Condition = {
          StringEquals = {
            "aws:ResourceTag/service"     = "orders"
            "aws:ResourceTag/environment" = each.key
          }
        }
      },
      {
        Effect   = "Allow"
        Action   = "ec2:CreateSecurityGroup"
        Resource = "arn:aws:ec2:${local.here}:vpc/*"
      },
      {
        Effect = "Allow"
        Action = [
          "ec2:CreateSecurityGroup",
          "ec2:CreateTags",
        ]
        Resource = "arn:aws:ec2:${local.here}:security-group/*"
        Condition = {
          StringEquals = {
            "aws:RequestTag/service"     = "orders"
            "aws:RequestTag/environment" = each.key
          }
          StringEqualsIfExists = {
            "aws:ResourceTag/service"     = "orders"
            "aws:ResourceTag/environment" = each.key
          }
        }
      },
      # A rule of a group is tagged like the group.
      {
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = "arn:aws:ec2:${local.here}:security-group-rule/*"
        Condition = {
          StringEquals = {
            "aws:RequestTag/service"     = "orders"
            "aws:RequestTag/environment" = each.key
          }
        }
      },
      {
        Effect = "Allow"
        Action = [
          "ec2:AuthorizeSecurityGroupEgress",
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:DeleteSecurityGroup",
          "ec2:DeleteTags",
          "ec2:ModifySecurityGroupRules",
          "ec2:RevokeSecurityGroupEgress",
          "ec2:RevokeSecurityGroupIngress",
        ]
        Resource = "arn:aws:ec2:${local.here}:security-group/*"
        Condition = {
          StringEquals = {
            "aws:ResourceTag/service"     = "orders"
            "aws:ResourceTag/environment" = each.key
          }
        }
      },
      # A rule that is not there yet has no tags.
      {
        Effect = "Allow"
        Action = [
          "ec2:AuthorizeSecurityGroupEgress",
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:DeleteTags",
          "ec2:ModifySecurityGroupRules",
          "ec2:RevokeSecurityGroupEgress",
          "ec2:RevokeSecurityGroupIngress",
        ]
        Resource = "arn:aws:ec2:${local.here}:security-group-rule/*"
        Condition = {
          StringEqualsIfExists = {
            "aws:ResourceTag/service"     = "orders"
            "aws:ResourceTag/environment" = each.key
          }
        }
      },
    ]
  })
}
