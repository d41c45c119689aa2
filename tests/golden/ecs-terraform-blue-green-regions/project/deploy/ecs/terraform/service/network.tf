# Network edge.

resource "aws_security_group" "load_balancer_security_group" {
  name_prefix = "${local.name}-load-balancer-"
  description = "Clients to the load balancer, the load balancer to the tasks"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.load_balancer_security_group.id
  description       = "HTTPS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = var.client_cidr
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  security_group_id = aws_security_group.load_balancer_security_group.id
  description       = "HTTP, only to be redirected"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = var.client_cidr
}

resource "aws_vpc_security_group_ingress_rule" "test" {
  security_group_id = aws_security_group.load_balancer_security_group.id
  description       = "The new version, before clients reach it"
  ip_protocol       = "tcp"
  from_port         = 8443
  to_port           = 8443
  cidr_ipv4         = var.test_client_cidr
}

# Any port, and the group of the tasks says which: a service that gets another one has tasks with both for a while.
resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  security_group_id            = aws_security_group.load_balancer_security_group.id
  description                  = "Requests and health checks"
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
  referenced_security_group_id = aws_security_group.task_security_group.id
}

resource "aws_security_group" "task_security_group" {
  name_prefix = "${local.name}-tasks-"
  description = "Tasks of orders"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

# Not the port of the service alone: after a change of it, tasks that listen on the old one still answer. Port 9090 (probes,
# metrics) stays closed, and on others no task listens.
resource "aws_vpc_security_group_ingress_rule" "task_ingress" {
  security_group_id            = aws_security_group.task_security_group.id
  description                  = "From the load balancer only, below the admin port"
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 9089
  referenced_security_group_id = aws_security_group.load_balancer_security_group.id
}

resource "aws_vpc_security_group_ingress_rule" "task_ingress_above_admin_port" {
  security_group_id            = aws_security_group.task_security_group.id
  description                  = "From the load balancer only, above the admin port"
  ip_protocol                  = "tcp"
  from_port                    = 9091
  to_port                      = 65535
  referenced_security_group_id = aws_security_group.load_balancer_security_group.id
}

# Outgoing traffic stays open: image pulls, logs, and whatever the service calls. Terraform takes away the rule that AWS gives a
# new group.
resource "aws_vpc_security_group_egress_rule" "from_tasks" {
  security_group_id = aws_security_group.task_security_group.id
  description       = "Image pulls, logs, and whatever the service calls"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_lb" "load_balancer" {
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.load_balancer_subnet_ids
  security_groups            = [aws_security_group.load_balancer_security_group.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection

  # Below KEEP_ALIVE_SECONDS: the load balancer must be the one that closes idle connections, or clients see 502s.
  idle_timeout = 60
}

# The two groups take turns: one holds the tasks that clients reach, the other those of the next version. They have to be equal.
resource "aws_lb_target_group" "target_group" {
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"

  # Only a default: ECS registers each task with the port of its container. Another one here would be another target group.
  port = 8080

  # Above REQUEST_TIMEOUT_SECONDS: no request is cut off when a task leaves.
  deregistration_delay = 30

  health_check {
    path                = "/readyz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group" "alternate_target_group" {
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"

  # Only a default: ECS registers each task with the port of its container. Another one here would be another target group.
  port = 8080

  # Above REQUEST_TIMEOUT_SECONDS: no request is cut off when a task leaves.
  deregistration_delay = 30

  health_check {
    path                = "/readyz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "https_listener" {
  load_balancer_arn = aws_lb.load_balancer.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener" "http_listener" {
  load_balancer_arn = aws_lb.load_balancer.arn
  protocol          = "HTTP"
  port              = 80

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

# The new version, before clients reach it: ECS moves the weights of its rule first.
resource "aws_lb_listener" "test_listener" {
  load_balancer_arn = aws_lb.load_balancer.arn
  protocol          = "HTTPS"
  port              = 8443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

# ECS moves the weights of these two rules from the first deployment on, and Terraform leaves them alone: it only makes them.
resource "aws_lb_listener_rule" "forward_rule" {
  listener_arn = aws_lb_listener.https_listener.arn
  priority     = 100

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  action {
    type = "forward"

    forward {
      target_group {
        arn    = aws_lb_target_group.target_group.arn
        weight = 1
      }

      target_group {
        arn    = aws_lb_target_group.alternate_target_group.arn
        weight = 0
      }
    }
  }

  lifecycle {
    ignore_changes = [action]
  }
}

resource "aws_lb_listener_rule" "test_rule" {
  listener_arn = aws_lb_listener.test_listener.arn
  priority     = 100

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  action {
    type = "forward"

    forward {
      target_group {
        arn    = aws_lb_target_group.target_group.arn
        weight = 1
      }

      target_group {
        arn    = aws_lb_target_group.alternate_target_group.arn
        weight = 0
      }
    }
  }

  lifecycle {
    ignore_changes = [action]
  }
}
