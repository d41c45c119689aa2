# Task and service.

resource "aws_ecs_cluster" "cluster" {
  name = local.name
}

resource "aws_ecs_cluster_capacity_providers" "cluster" {
  cluster_name       = aws_ecs_cluster.cluster.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_task_definition" "task_definition" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"

  # Literals, because Fargate accepts only certain pairs and linters cannot check them behind a variable.
  cpu    = "256"
  memory = "512"

  execution_role_arn = aws_iam_role.execution_role.arn
  task_role_arn      = aws_iam_role.task_role.arn

  # A revision that is no longer the newest one stays, so that ECS can go back to it.
  skip_destroy = true

  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }

  # Beside the tags of the provider.
  tags = {
    commit = var.commit
    author = var.author
  }

  container_definitions = jsonencode([{
    name      = "orders"
    image     = var.image
    essential = true
    user      = "65532"

    readonlyRootFilesystem = true

    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"] }
    }

    portMappings = [{
      containerPort = 8080
      hostPort      = 8080
      protocol      = "tcp"
    }]

    environment = [
      { name = "ENVIRONMENT", value = var.environment },
      { name = "PORT", value = "8080" },
      { name = "ADMIN_PORT", value = "9090" },
      { name = "LOG_LEVEL", value = "info" },
      { name = "REQUEST_TIMEOUT_SECONDS", value = "10" },
      { name = "KEEP_ALIVE_SECONDS", value = "75" },
      # ECS takes the task out of the load balancer before SIGTERM, so a short delay is enough.
      { name = "DRAIN_DELAY_SECONDS", value = "5" },
      { name = "DRAIN_TIMEOUT_SECONDS", value = "20" },
      { name = "MAX_IN_FLIGHT", value = "512" },
      { name = "MAX_BODY_BYTES", value = "1048576" },
      # 48 KiB for each connection, three times the bodies, and 16 MiB have to fit into memory: change them together.
      { name = "MAX_BODY_BYTES_IN_FLIGHT", value = "67108864" },
      { name = "MAX_CONNECTIONS", value = "4096" },
      # Without this there would be one thread for each core of the host, not of the task.
      { name = "TOKIO_WORKER_THREADS", value = "1" },
    ]

    # The image has no shell and no curl: the binary checks itself.
    healthCheck = {
      command     = ["CMD", "/app", "healthcheck"]
      interval    = 10
      timeout     = 3
      retries     = 3
      startPeriod = 10
    }

    # Drain delay + drain timeout + 5.
    stopTimeout = 30

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.log_group.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "orders"

        # Drop log lines rather than block requests when CloudWatch is slow.
        mode            = "non-blocking"
        max-buffer-size = "25m"
      }
    }
  }])
}

resource "aws_ecs_service" "service" {
  name            = local.name
  cluster         = aws_ecs_cluster.cluster.arn
  task_definition = aws_ecs_task_definition.task_definition.arn

  # How many tasks the service begins with. From then on the number belongs to autoscaling, see the end of this block.
  desired_count = var.min_tasks

  # Not a launch type: the service would have to be replaced to use Fargate Spot.
  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }

  # Without it, Terraform would replace the service to change the strategy above.
  force_new_deployment = true

  availability_zone_rebalancing = "ENABLED"
  enable_ecs_managed_tags       = true

  # A task is tagged with the commit of its revision, also while two of them run.
  propagate_tags = "TASK_DEFINITION"

  health_check_grace_period_seconds = 60

  network_configuration {
    assign_public_ip = false
    subnets          = var.task_subnet_ids
    security_groups  = [aws_security_group.task_security_group.id]
  }

  load_balancer {
    container_name   = "orders"
    container_port   = 8080
    target_group_arn = aws_lb_target_group.target_group.arn

    advanced_configuration {
      alternate_target_group_arn = aws_lb_target_group.alternate_target_group.arn
      production_listener_rule   = aws_lb_listener_rule.forward_rule.arn
      test_listener_rule         = aws_lb_listener_rule.test_rule.arn
      role_arn                   = aws_iam_role.load_balancer_role.arn
    }
  }

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  # An alarm rolls back to the previous version; until the bake time is over, this changes only the weights. The circuit breaker of
  # ECS is for rolling updates only: deploy.sh ends a deployment whose tasks do not become healthy.
  deployment_configuration {
    strategy             = "BLUE_GREEN"
    bake_time_in_minutes = "10"
  }

  alarms {
    enable   = true
    rollback = true
    alarm_names = [
      aws_cloudwatch_metric_alarm.server_errors_alarm.alarm_name,
      aws_cloudwatch_metric_alarm.slow_answers_alarm.alarm_name,
    ]
  }

  # The service starts after these, and ends before them.
  depends_on = [
    aws_ecs_cluster_capacity_providers.cluster,
    aws_iam_role_policy.start_task,
    aws_iam_role_policy_attachment.load_balancer_role,
    aws_lb_listener_rule.forward_rule,
    aws_vpc_security_group_egress_rule.from_tasks,
    aws_vpc_security_group_egress_rule.to_tasks,
    aws_vpc_security_group_ingress_rule.task_ingress,
    aws_vpc_security_group_ingress_rule.task_ingress_above_admin_port,
  ]

  lifecycle {
    ignore_changes = [desired_count]
  }
}
