# What deploy.sh, README.md and ../dns read.

output "load_balancer_url" {
  description = "Point an alias record of the certificate's host name at this"
  value       = "https://${aws_lb.load_balancer.dns_name}"
}

output "load_balancer_arn" {
  description = "What destroy.sh lifts the protection of"
  value       = aws_lb.load_balancer.arn
}

output "cluster_name" {
  description = "The cluster"
  value       = aws_ecs_cluster.cluster.name
}

output "service_name" {
  description = "The service"
  value       = aws_ecs_service.service.name
}

output "task_definition_arn" {
  description = "The revision that must be running once a deployment is complete"
  value       = aws_ecs_task_definition.task_definition.arn
}

output "image" {
  description = "What was deployed last, for a plan that changes no image"
  value       = var.image
}

output "commit" {
  description = "The commit of that image"
  value       = var.commit
}

output "author" {
  description = "The author of that commit"
  value       = var.author
}

output "log_group_name" {
  description = "The log"
  value       = aws_cloudwatch_log_group.log_group.name
}
