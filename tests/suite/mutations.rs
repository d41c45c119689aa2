//! Mutations: single edits to generated projects, each caught by `launchway check` with the right message, and nothing
//! found in the untouched projects.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use xtask::tree::{self, Tree};

use crate::golden;
use crate::program::{launchway, run};

/// One edit: a golden project, a file, what is replaced the first time it stands there, and what the check says.
struct Edit {
    project: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
}

const fn edit(
    project: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
) -> Edit {
    Edit { project, file, from, to, says }
}

#[rustfmt::skip]
const EDITS: &[Edit] = &[
    edit("ecs-default", "Dockerfile", "EXPOSE 8080 9090", "EXPOSE 8000 9090", "the traffic port"),
    edit("ecs-default", "Dockerfile", "EXPOSE 8080 9090", "EXPOSE 8080 9191", "the admin port"),
    edit("ecs-default", "Dockerfile", "USER 65532", "USER 1000", "the user of the container"),
    edit("ecs-default", "deploy/ecs/service.yaml", "        - ContainerName: orders", "        - ContainerName: order", "the name of the container"),
    edit("ecs-default", "deploy/ecs/service.yaml", "            - ContainerPort: 8080", "            - ContainerPort: 8081", "the traffic port"),
    edit("ecs-default", "deploy/ecs/service.yaml", "TargetType: ip", "TargetType: instance", "the target type of awsvpc"),
    edit("ecs-default", "deploy/ecs/service.yaml", "HealthCheckPath: /readyz", "HealthCheckPath: /health", "the path of the readiness check"),
    edit("ecs-default", "deploy/ecs/service.yaml", "HealthCheckTimeoutSeconds: 5", "HealthCheckTimeoutSeconds: 15", "the interval of the load balancer and the timeout within it"),
    edit("ecs-default", "deploy/ecs/service.yaml", "HealthCheckGracePeriodSeconds: 60", "HealthCheckGracePeriodSeconds: 5", "the grace period, and the checks that a new task passes in it"),
    edit("ecs-default", "deploy/ecs/service.yaml", "StartPeriod: 10", "StartPeriod: 120", "the grace period, and the start period of the container"),
    edit("ecs-default", "deploy/ecs/service.yaml", "            Retries: 3", "            Retries: 12", "the times of the container check, as ECS accepts them"),
    edit("ecs-default", "deploy/ecs/service.yaml", "StopTimeout: 30", "StopTimeout: 10", "the drain within the stop timeout"),
    edit("ecs-default", "deploy/ecs/service.yaml", "StopTimeout: 30", "StopTimeout: 121", "the drain within the stop timeout"),
    edit("ecs-default", "deploy/ecs/service.yaml", "            - Name: DRAIN_TIMEOUT_SECONDS\n              Value: \"20\"", "            - Name: DRAIN_TIMEOUT_SECONDS\n              Value: \"45\"", "the drain within the stop timeout"),
    edit("ecs-default", "deploy/ecs/service.yaml", "            - Name: REQUEST_TIMEOUT_SECONDS\n              Value: \"10\"", "            - Name: REQUEST_TIMEOUT_SECONDS\n              Value: \"60\"", "the longest request and the deregistration delay"),
    edit("ecs-default", "deploy/ecs/service.yaml", "        - Key: deregistration_delay.timeout_seconds\n          Value: \"30\"", "        - Key: deregistration_delay.timeout_seconds\n          Value: \"5\"", "the longest request and the deregistration delay"),
    edit("ecs-default", "deploy/ecs/service.yaml", "        - Key: idle_timeout.timeout_seconds\n          Value: \"60\"", "        - Key: idle_timeout.timeout_seconds\n          Value: \"90\"", "the idle time of the load balancer"),
    edit("ecs-default", "deploy/ecs/service.yaml", "      Memory: \"512\"", "      Memory: \"4096\"", "a size that Fargate sells"),
    edit("ecs-default", "deploy/ecs/service.yaml", "- Name: MAX_BODY_BYTES_IN_FLIGHT\n              Value: \"67108864\"", "- Name: MAX_BODY_BYTES_IN_FLIGHT\n              Value: \"134217728\"", "bodies, connections and 16 MiB for the rest"),
    edit("ecs-default", "deploy/ecs/service.yaml", "- Name: MAX_CONNECTIONS\n              Value: \"4096\"", "- Name: MAX_CONNECTIONS\n              Value: \"8192\"", "bodies, connections and 16 MiB for the rest"),
    edit("ecs-default", "deploy/ecs/service.yaml", "- Name: MAX_BODY_BYTES\n              Value: \"1048576\"", "- Name: MAX_BODY_BYTES\n              Value: \"99999999\"", "a body within the room for all of them"),
    edit("ecs-default", "crates/platform/src/server.rs", "BUFFER_BYTES: usize = 32768", "BUFFER_BYTES: usize = 409600", "bodies, connections and 16 MiB for the rest"),
    edit("ecs-canary-ec2", "deploy/ecs/service.yaml", "- Name: MAX_CONNECTIONS\n              Value: \"16384\"", "- Name: MAX_CONNECTIONS\n              Value: \"65536\"", "bodies, connections and 16 MiB for the rest"),
    edit("ecs-json-rolling", "deploy/ecs/task-definition.json", "\"MAX_CONNECTIONS\", \"value\": \"4096\"", "\"MAX_CONNECTIONS\", \"value\": \"8192\"", "bodies, connections and 16 MiB for the rest"),
    edit("ecs-code-deploy-canary", "deploy/ecs/task-definition.json", "\"MAX_BODY_BYTES\", \"value\": \"1048576\"", "\"MAX_BODY_BYTES\", \"value\": \"99999999999\"", "a body within the room for all of them"),
    edit("kubernetes-ingress", "deploy/kubernetes/base/workload/deployment.yaml", "memory: 128Mi", "memory: 96Mi", "bodies, connections and 16 MiB for the rest"),
    edit("kubernetes-argo-blue-green", "deploy/kubernetes/base/workload/config.env", "MAX_CONNECTIONS=1024", "MAX_CONNECTIONS=2048", "bodies, connections and 16 MiB for the rest"),
    edit("kubernetes-ingress", "deploy/kubernetes/base/workload/config.env", "MAX_BODY_BYTES=1048576", "MAX_BODY_BYTES=33554432", "a body within the room for all of them"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/chart/values.yaml", "MAX_BODY_BYTES_IN_FLIGHT: \"16777216\"", "MAX_BODY_BYTES_IN_FLIGHT: \"33554432\"", "bodies, connections and 16 MiB for the rest"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/chart/values.yaml", "MAX_BODY_BYTES: \"1048576\"", "MAX_BODY_BYTES: \"33554432\"", "a body within the room for all of them"),
    edit("ecs-default", "deploy/ecs/service.yaml", "NetworkMode: awsvpc", "NetworkMode: bridge", "network mode awsvpc"),
    edit("ecs-default", "deploy/ecs/service.yaml", "Command: [CMD, /app, healthcheck]", "Command: [/app, healthcheck]", "the kind of the health command"),
    edit("ecs-default", "deploy/ecs/service.yaml", "awslogs-group: !Ref LogGroup", "awslogs-group: !Ref Logs", "the log group of this stack"),
    edit("ecs-default", "deploy/ecs/service.yaml", "TaskRoleArn: !GetAtt TaskRole.Arn", "TaskRoleArn: !GetAtt ExecutionRole.Arn", "the execution role and the task role, which are two"),
    edit("ecs-default", "deploy/ecs/service.yaml", "ReadonlyRootFilesystem: true", "ReadonlyRootFilesystem: false", "a root file system that cannot be written"),
    edit("ecs-default", "deploy/ecs/service.yaml", "CpuArchitecture: ARM64", "CpuArchitecture: X86_64", "the processor"),
    edit("ecs-default", "deploy/ecs/service.yaml", "            - !Ref ServerErrorsAlarm", "            - !Ref ErrorsAlarm", "the alarms that guard a deployment"),
    edit("ecs-default", "deploy/ecs/service.yaml", "DependsOn: ForwardRule", "DependsOn: LoadBalancer", "the rule that the service waits for"),
    edit("ecs-default", "deploy/ecs/params/prod.json", "\"ParameterValue\": \"prod\"", "\"ParameterValue\": \"production\"", "the environment of a parameter file"),
    edit("ecs-default", "deploy/ecs/params/prod.json", "\"MinTasks\", \"ParameterValue\": \"2\"", "\"MinTasks\", \"ParameterValue\": \"9\"", "the fewest and the most tasks"),
    edit("ecs-default", "deploy/ecs/params/prod.json", "arn:aws:acm:us-east-1:", "arn:aws:acm:eu-west-1:", "the region of the certificate"),
    edit("ecs-default", "deploy/ecs/deploy.sh", "region=us-east-1", "region=eu-west-1", "the region in which the workflow and deploy.sh work"),
    edit("ecs-default", "deploy/ecs/roles.yaml", "RoleName: !Sub orders-${Environment}-stack", "RoleName: !Sub order-${Environment}-stack", "the role that deploy.sh hands to CloudFormation"),
    edit("ecs-default", "deploy/ecs/deploy.sh", ":policy/orders-$environment-boundary", ":policy/order-$environment-boundary", "the boundary that deploy.sh gives to the roles of a stack"),
    edit("ecs-default", "deploy/ecs/service.yaml", "  TaskRole:\n    Type: AWS::IAM::Role\n    Properties:\n      Path: !Sub /orders/", "  TaskRole:\n    Type: AWS::IAM::Role\n    Properties:\n      Path: !Sub /order/", "the path of the roles of a stack"),
    edit("ecs-default", ".github/workflows/deploy-ecs.yaml", "--platform linux/arm64", "--platform linux/amd64", "the processor that the workflow builds for"),
    edit("ecs-blue-green-internal-http", "deploy/ecs/service.yaml", "BakeTimeInMinutes: ", "BakeTimeInMinutes: 99", "a bake time that ECS accepts"),
    edit("ecs-canary-ec2", "deploy/ecs/service.yaml", "Strategy: CANARY", "Strategy: LINEAR", "the strategy"),
    edit("ecs-canary-ec2", "deploy/ecs/service.yaml", "ListenerRule: !Ref ForwardRule", "ListenerRule: !Ref TestRule", "the rule that ECS moves the traffic with"),
    edit("ecs-linear-spot", "deploy/ecs/service.yaml", "AlternateTargetGroupArn: !Ref ", "AlternateTargetGroupArn: !Ref Other", "the alternate target group of the service"),
    edit("ecs-every-option", "deploy/ecs/service.yaml", "- Name: DATABASE_URL", "- Name: PORT", "variables and secrets, no name twice"),
    edit("ecs-json-rolling", "deploy/ecs/task-definition.json", "\"family\": \"orders-<Environment>\"", "\"family\": \"order-<Environment>\"", "the task family"),
    edit("ecs-json-rolling", "deploy/ecs/task-definition.json", "\"containerPort\": 8080", "\"containerPort\": 8081", "the traffic port"),
    edit("ecs-json-rolling", "deploy/ecs/task-definition.json", "\"stopTimeout\": 30", "\"stopTimeout\": 20", "the drain within the stop timeout"),
    edit("ecs-json-rolling", "deploy/ecs/task-definition.json", "\"memory\": \"512\"", "\"memory\": \"3072\"", "a size that Fargate sells"),
    edit("ecs-json-rolling", "deploy/ecs/task-definition.json", "<ExecutionRoleArn>", "<RoleArn>", "the execution role"),
    edit("ecs-json-rolling", "deploy/ecs/service.json", "\"containerName\": \"orders\"", "\"containerName\": \"app\"", "the name of the container"),
    edit("ecs-json-canary-spot", "deploy/ecs/service.json", "\"canaryPercent\"", "\"canaryPercents\"", "the steps of the canary"),
    edit("ecs-code-deploy-canary", "deploy/ecs/appspec.yaml", "ContainerName: orders", "ContainerName: app", "the name of the container"),
    edit("ecs-code-deploy-canary", "deploy/ecs/appspec.yaml", "ContainerPort: 8080", "ContainerPort: 80", "the traffic port"),
    edit("ecs-code-deploy-canary", "deploy/ecs/appspec.yaml", "<TASK_DEFINITION>", "orders:1", "the revision, which deploy.sh puts in"),
    edit("ecs-code-deploy-canary", "deploy/ecs/infra.yaml", "WITH_TRAFFIC_CONTROL", "WITHOUT_TRAFFIC_CONTROL", "blue and green, with traffic that CodeDeploy moves"),
    edit("ecs-code-deploy-canary", "deploy/ecs/infra.yaml", "CodeDeployDefault.ECSCanary10Percent15Minutes", "CodeDeployDefault.ECSAllAtOnce", "the predefined configuration of CodeDeploy"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "            - name: http\n", "            - name: web\n", "a port that the Service leads to"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/shared/service.yaml", "targetPort: http", "targetPort: httpx", "a port that the Service leads to"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/shared/networkpolicy.yaml", "          port: admin", "          port: metrics", "a port that the NetworkPolicy opens"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/config.env", "PORT=8080", "PORT=8081", "the traffic port"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/config.env", "DRAIN_TIMEOUT_SECONDS=20", "DRAIN_TIMEOUT_SECONDS=60", "the grace period holds the drain"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "terminationGracePeriodSeconds: 40", "terminationGracePeriodSeconds: 30", "the grace period holds the drain"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "failureThreshold: 30", "failureThreshold: 600", "the deadline of a rollout"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "path: /livez", "path: /readyz", "the liveness probe asks something else"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "path: /startupz", "path: /started", "the path of the startup probe"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "serviceAccountName: orders", "serviceAccountName: default", "the service account"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "name: orders-config", "name: order-config", "a ConfigMap that the container reads"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "runAsUser: 65532", "runAsUser: 1000", "the user of the container"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "              memory: 128Mi", "              memory: 16Mi", "memory: the request and the limit"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/workload/deployment.yaml", "maxSurge: 1", "maxSurge: 0", "a rolling update can go on"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/base/shared/service.yaml", "  selector:\n    app.kubernetes.io/name: orders", "  selector:\n    app.kubernetes.io/name: order", "the name that Service, policy and budget select"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/components/gateway/httproute.yaml", "          port: 80", "          port: 8080", "the Service port behind the HTTPRoute"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/components/hpa/hpa.yaml", "kind: Deployment", "kind: Rollout", "the kind that the autoscaler scales"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/components/hpa/hpa.yaml", "minReplicas: 3", "minReplicas: 30", "the replicas of the autoscaler"),
    edit("kubernetes-gateway-five-environments", "deploy/kubernetes/components/hpa/hpa.yaml", "maxReplicas: 10", "maxReplicas: 50", "the quota"),
    edit("kubernetes-ingress", "deploy/kubernetes/components/ingress/ingress.yaml", "                name: orders", "                name: order", "the Service behind the Ingress"),
    edit("kubernetes-ingress", "deploy/kubernetes/overlays/prod/kustomization.yaml", "namespace: orders-prod", "namespace: orders-dev", "the namespace of an environment"),
    edit("kubernetes-ingress", ".github/workflows/deploy-kubernetes.yaml", "IMAGE: ", "IMAGE: x", "the image that the workflow pushes"),
    edit("kubernetes-argo-blue-green", "deploy/kubernetes/base/workload/rollout.yaml", "previewService: orders-preview", "previewService: orders-next", "the Service that the Rollout leads to the preview"),
    edit("kubernetes-argo-blue-green", "deploy/kubernetes/base/workload/rollout.yaml", "activeService: orders", "activeService: order", "the Service that the Rollout makes active"),
    edit("kubernetes-argo-blue-green", "deploy/kubernetes/base/workload/rollout.yaml", "progressDeadlineSeconds: 600", "progressDeadlineSeconds: 180", "minReadySeconds and the first measurements"),
    edit("kubernetes-argo-canary-gateway", "deploy/kubernetes/base/workload/rollout-fields.yaml", "gatewayAPI/namespace", "gatewayAPI/name", "the field that tells the Gateway API plugin"),
    edit("kubernetes-helm-canary-gateway", "deploy/kubernetes/chart/templates/_traffic-gateway.tpl", "{{ .Release.Namespace }}", "{{ .Chart.Name }}", "the namespace where the Gateway API plugin"),
    edit("kubernetes-argo-canary-gateway", "deploy/kubernetes/base/workload/rollout.yaml", "canaryService: orders-canary", "canaryService: canary", "the Service that the Rollout leads to the canary"),
    edit("kubernetes-argo-canary-gateway", "deploy/kubernetes/components/monitoring/servicemonitor.yaml", "port: ", "port: x", "a port that the ServiceMonitor scrapes"),
    edit("kubernetes-tracks", "deploy/kubernetes/overlays/prod/live.yaml", "green", "blue", "the tracks"),
    edit("kubernetes-karmada", "deploy/kubernetes/clusters/karmada/prod/propagation.yaml", "kind: Deployment\n      name: orders", "kind: Deployment\n      name: order", "the Deployment that Karmada propagates"),
    edit("kubernetes-helm-ingress", "Dockerfile", "EXPOSE 8080", "EXPOSE 8000", "the traffic port"),
    edit("ecs-regions", "deploy/ecs/ecr-replication.yaml", "Region: us-east-1", "Region: us-west-2", "the regions that images are copied to"),
    edit("ecs-regions", ".github/workflows/deploy-ecs.yaml", "for region in ${REGION:-eu-west-1 us-east-1}; do\n            bash deploy/ecs/deploy.sh prod", "for region in ${REGION:-us-east-1 eu-west-1}; do\n            bash deploy/ecs/deploy.sh prod", "the regions in the order in which a release reaches them"),
    edit("ecs-regions", "deploy/ecs/params/prod.us-east-1.json", "arn:aws:acm:us-east-1:", "arn:aws:acm:eu-west-1:", "the region of the certificate"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/chart/values.yaml", "DRAIN_TIMEOUT_SECONDS: \"20\"", "DRAIN_TIMEOUT_SECONDS: \"5\"", "a request and the drain"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/chart/values.yaml", "  PORT: \"8080\"", "  PORT: \"8081\"", "the traffic port"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/chart/values.yaml", "architecture: amd64", "architecture: arm64", "the architecture that is built and run"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/chart/values.yaml", "repository: \"ghcr.io/acme/orders\"", "repository: \"ghcr.io/acme/order\"", "the image that the workflow pushes"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/values/prod.yaml", "maxReplicas: 10", "maxReplicas: 100", "the quota"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/values/prod.yaml", "minReplicas: 3", "minReplicas: 30", "the least and the most replicas"),
    edit("ecs-terraform", "Dockerfile", "EXPOSE 8080 9090", "EXPOSE 8000 9090", "the traffic port"),
    edit("ecs-terraform", "Dockerfile", "USER 65532", "USER 1000", "the user of the container"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "containerPort = 8080", "containerPort = 8081", "the traffic port"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "hostPort      = 8080", "hostPort      = 80", "the traffic port"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "container_port   = 8080", "container_port   = 80", "the traffic port"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "{ name = \"PORT\", value = \"8080\" }", "{ name = \"PORT\", value = \"8081\" }", "the traffic port"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "{ name = \"ADMIN_PORT\", value = \"9090\" }", "{ name = \"ADMIN_PORT\", value = \"9091\" }", "the admin port"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "container_name   = \"orders\"", "container_name   = \"app\"", "the name of the container"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "family                   = local.name", "family                   = \"orders\"", "the names of cluster, service and task family"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "memory = \"512\"", "memory = \"4096\"", "a size that Fargate sells"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "stopTimeout = 30", "stopTimeout = 10", "the drain within the stop timeout"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "stopTimeout = 30", "stopTimeout = 121", "the drain within the stop timeout"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "\"DRAIN_TIMEOUT_SECONDS\", value = \"20\"", "\"DRAIN_TIMEOUT_SECONDS\", value = \"45\"", "the drain within the stop timeout"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "\"DRAIN_TIMEOUT_SECONDS\", value = \"20\"", "\"DRAIN_TIMEOUT_SECONDS\", value = \"5\"", "a request and the drain"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "\"REQUEST_TIMEOUT_SECONDS\", value = \"10\"", "\"REQUEST_TIMEOUT_SECONDS\", value = \"60\"", "the longest request and the deregistration delay"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "\"KEEP_ALIVE_SECONDS\", value = \"75\"", "\"KEEP_ALIVE_SECONDS\", value = \"60\"", "the idle time of the load balancer"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "startPeriod = 10", "startPeriod = 120", "the grace period, and the start period of the container"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "retries     = 3", "retries     = 12", "the times of the container check, as ECS accepts them"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "health_check_grace_period_seconds = 60", "health_check_grace_period_seconds = 5", "the grace period, and the checks that a new task passes in it"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "network_mode             = \"awsvpc\"", "network_mode             = \"bridge\"", "network mode awsvpc"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "cpu_architecture        = \"ARM64\"", "cpu_architecture        = \"X86_64\"", "the processor"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "readonlyRootFilesystem = true", "readonlyRootFilesystem = false", "a root file system that cannot be written"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "command     = [\"CMD\", \"/app\", \"healthcheck\"]", "command     = [\"/app\", \"healthcheck\"]", "the kind of the health command"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "task_role_arn      = aws_iam_role.task_role.arn", "task_role_arn      = aws_iam_role.execution_role.arn", "the execution role and the task role, which are two"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "awslogs-group         = aws_cloudwatch_log_group.log_group.name", "awslogs-group         = \"/ecs/orders\"", "the log group of the environment"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "image     = var.image", "image     = \"orders:latest\"", "the image of the container"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "ignore_changes = [desired_count]", "ignore_changes = [task_definition]", "the number of tasks, which belongs to autoscaling"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "    aws_lb_listener_rule.forward_rule,\n", "", "the rule that the service waits for"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "      aws_cloudwatch_metric_alarm.slow_answers_alarm.alarm_name,\n", "", "the alarms that guard a deployment"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "    rollback = true", "    rollback = false", "the circuit breaker, which rolls back"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "assign_public_ip = false", "assign_public_ip = true", "the public addresses of the tasks, which have none"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "deployment_maximum_percent         = 200", "deployment_maximum_percent         = 100", "the room of a deployment"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/task.tf", "\"MAX_BODY_BYTES\", value = \"1048576\"", "\"MAX_BODY_BYTES\", value = \"99999999999\"", "a body within the room for all of them"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "path                = \"/readyz\"", "path                = \"/health\"", "the path of the readiness check"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "timeout             = 5", "timeout             = 15", "the interval of the load balancer and the timeout within it"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "deregistration_delay = 30", "deregistration_delay = 5", "the longest request and the deregistration delay"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "idle_timeout = 60", "idle_timeout = 90", "the idle time of the load balancer"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "target_type = \"ip\"", "target_type = \"instance\"", "the target type of awsvpc"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "to_port                      = 9089", "to_port                      = 9090", "the admin port among those that nobody reaches"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "internal                   = false", "internal                   = true", "whom the load balancer is for"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/network.tf", "port              = 443", "port              = 8443", "the port of HTTPS"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/scaling.tf", "resource_id        = \"service/${aws_ecs_cluster.cluster.name}", "resource_id        = \"service/${local.account}", "whose service autoscaling changes"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/scaling.tf", "max_capacity       = var.max_tasks", "max_capacity       = var.min_tasks", "the most tasks that autoscaling starts"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/alarms.tf", "comparison_operator = \"GreaterThanThreshold\"", "comparison_operator = \"LessThanThreshold\"", "the side on which the alarms fire"),
    edit("ecs-terraform", "deploy/ecs/terraform/bootstrap/main.tf", "image_tag_mutability = \"IMMUTABLE\"", "image_tag_mutability = \"MUTABLE\"", "tags that do not move"),
    edit("ecs-terraform", "deploy/ecs/terraform/bootstrap/main.tf", "name                 = \"orders\"", "name                 = \"order\"", "the name of the image repository"),
    edit("ecs-terraform", "deploy/ecs/terraform/bootstrap/github.tf", "toset([\"dev\", \"staging\", \"prod\"])", "toset([\"dev\", \"prod\"])", "the environments that have roles"),
    edit("ecs-terraform", "deploy/ecs/terraform/service/versions.tf", ":policy/orders-${var.environment}-boundary", ":policy/order-${var.environment}-boundary", "the boundary of the roles of an environment"),
    edit("ecs-terraform", "deploy/ecs/terraform/environments/prod.tfvars", "environment = \"prod\"", "environment = \"production\"", "the environment of a file of values"),
    edit("ecs-terraform", "deploy/ecs/terraform/environments/prod.tfvars", "min_tasks = 2", "min_tasks = 90", "the fewest and the most tasks"),
    edit("ecs-terraform", "deploy/ecs/terraform/environments/prod.tfvars", "arn:aws:acm:us-east-1:", "arn:aws:acm:eu-west-1:", "the region of the certificate"),
    edit("ecs-terraform", "deploy/ecs/terraform/environments/prod.tfvars", "vpc_id ", "vpc ", "among the variables that are declared"),
    edit("ecs-terraform", "deploy/ecs/terraform/environments/prod.backend.hcl", "orders/prod/", "orders/dev/", "the state of an environment, which no other one has"),
    edit("ecs-terraform", "deploy/ecs/terraform/environments/prod.backend.hcl", "use_lockfile = true", "use_lockfile = false", "the lock of the state, which S3 keeps"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/environments/prod.eu-west-1.backend.hcl", "region       = \"eu-west-1\"", "region       = \"us-east-1\"", "the region of a state"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/service/task.tf", "strategy             = \"BLUE_GREEN\"", "strategy             = \"CANARY\"", "the strategy"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/service/task.tf", "alternate_target_group_arn = aws_lb_target_group.alternate_target_group.arn", "alternate_target_group_arn = aws_lb_target_group.target_group.arn", "the alternate target group of the service"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/service/task.tf", "production_listener_rule   = aws_lb_listener_rule.forward_rule.arn", "production_listener_rule   = aws_lb_listener_rule.test_rule.arn", "the rule that ECS moves the traffic with"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/service/network.tf", "ignore_changes = [action]", "ignore_changes = [priority]", "the weights of the two rules, which no plan puts back"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/service/network.tf", "weight = 0", "weight = 5", "the weight of the second target group"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/service/network.tf", "healthy_threshold   = 2", "healthy_threshold   = 3", "the healthy threshold of both target groups"),
    edit("ecs-terraform-blue-green-regions", "deploy/ecs/terraform/dns/main.tf", "resource_path     = \"/readyz\"", "resource_path     = \"/\"", "the path of the health checks of Route 53"),
    edit("ecs-terraform-canary-spot", "deploy/ecs/terraform/service/task.tf", "canary_percent              = 10", "canary_percent              = 0", "the steps of the canary"),
    edit("ecs-terraform-canary-spot", "deploy/ecs/terraform/service/task.tf", "capacity_provider = \"FARGATE\"", "capacity_provider = \"FARGATE_SPOT\"", "Spot, and capacity that AWS does not take back"),
    edit("ecs-terraform-canary-spot", "deploy/ecs/terraform/service/task.tf", "{ name = \"DATABASE_URL\"", "{ name = \"PORT\"", "variables and secrets, no name twice"),
    edit("ecs-terraform-canary-spot", "deploy/ecs/terraform/service/identities.tf", "parameter/orders/${var.environment}/*", "parameter/order/${var.environment}/*", "the path of the secrets, which the execution role may read"),
    edit("ecs-terraform-canary-spot", "deploy/ecs/terraform/service/identities.tf", "/orders/${var.environment}/\"", "/order/${var.environment}/\"", "the path of the roles of an environment"),
    edit("ecs-default", "deploy/ecs/service.yaml", "      TaskDefinition: !Ref TaskDefinition\n", "      TaskDefinition: !Ref TaskDefinition\n      DesiredCount: 3\n", "the number of tasks, which belongs to autoscaling"),
    edit("ecs-json-rolling", "deploy/ecs/service.json", "{\n", "{\n  \"desiredCount\": 3,\n", "the number of tasks, which belongs to autoscaling"),
    edit("ecs-canary-ec2", "deploy/ecs/service.yaml", "      DeploymentConfiguration:\n", "      DeploymentConfiguration:\n        DeploymentCircuitBreaker: { Enable: true, Rollback: true }\n", "the circuit breaker"),
    edit("ecs-code-deploy-canary", "deploy/ecs/infra.yaml", "      ServiceName: !Ref AWS::StackName\n", "      ServiceName: !Ref AWS::StackName\n      DeploymentConfiguration: { Strategy: CANARY }\n", "what is not for a service that CodeDeploy deploys to"),
    edit("kubernetes-ingress", "deploy/kubernetes/base/workload/deployment.yaml", "spec:\n", "spec:\n  replicas: 3\n", "the number of pods, which belongs to an overlay"),
    edit("kubernetes-helm-ingress", "deploy/kubernetes/values/prod.yaml", "host: ", "replicas: 3\nhost: ", "the number of pods in production"),
];

#[test]
fn nothing_is_found_in_a_project_that_nobody_touched() {
    for (case, folder) in projects() {
        let report = check(folder.path());
        assert!(report["clean"] == true, "{case}: {report:#}");
        assert!(report["projects"][0]["agreements"].as_u64() > Some(20), "{case}: {report:#}");
    }
}

#[test]
fn every_edit_is_caught_with_the_right_message() {
    let projects = projects();
    assert!(EDITS.len() >= 60);
    let missed: Vec<String> = EDITS.iter().filter_map(|edit| missed(edit, projects[edit.project].path())).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Writes every golden project as the program made it: what is kept in the repository has no base.
fn projects() -> BTreeMap<String, TempDir> {
    let write = |(case, project): (&String, &Tree)| {
        let folder = tempfile::tempdir().unwrap();
        tree::write(project, folder.path()).unwrap();
        (case.clone(), folder)
    };
    golden::rendered().iter().map(write).collect()
}

/// Makes an edit, checks the project and takes the edit back; tells what was not as it should be.
fn missed(edit: &Edit, project: &Path) -> Option<String> {
    let path = project.join(edit.file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(edit.from), "{} of {} has no `{}`", edit.file, edit.project, edit.from);
    fs::write(&path, text.replacen(edit.from, edit.to, 1)).unwrap();
    let report = check(project);
    fs::write(&path, text).unwrap();
    let findings = report["projects"][0]["findings"].as_array().unwrap();
    let names_it = |finding: &Value| {
        let places = finding["places"].as_array().unwrap();
        finding["message"].as_str().unwrap().contains(edit.says)
            && places.iter().any(|place| place["file"] == edit.file)
    };
    let caught = findings.iter().any(names_it);
    (!caught).then(|| format!("{}: {}: `{}` → `{}`: {findings:?}", edit.project, edit.file, edit.from, edit.to))
}

fn check(project: &Path) -> Value {
    let ran = run(launchway().arg("check").arg(project).args(["--output", "json"]));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!(ran.code, Some(i32::from(report["clean"] == false)), "{report:#}");
    report
}
