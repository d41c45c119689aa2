# Alarms: they guard deployments and watch the service between them. Add alarm_actions to be told.

resource "aws_cloudwatch_metric_alarm" "server_errors_alarm" {
  alarm_name          = "${local.name}-ServerErrorsAlarm"
  alarm_description   = "More than 5 % of at least 20 requests a minute failed in the service or before they reached it"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "failed"
    expression  = "IF(total >= 20, 100 * (FILL(answered, 0) + FILL(unreachable, 0)) / total, 0)"
    label       = "Failed requests in per cent"
    return_data = true
  }

  metric_query {
    id          = "total"
    expression  = "FILL(requests, 0) + FILL(unreachable, 0)"
    return_data = false
  }

  metric_query {
    id          = "requests"
    return_data = false

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "RequestCount"
      stat        = "Sum"
      period      = 60
      dimensions  = { LoadBalancer = aws_lb.load_balancer.arn_suffix }
    }
  }

  metric_query {
    id          = "answered"
    return_data = false

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_Target_5XX_Count"
      stat        = "Sum"
      period      = 60
      dimensions  = { LoadBalancer = aws_lb.load_balancer.arn_suffix }
    }
  }

  metric_query {
    id          = "unreachable"
    return_data = false

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_ELB_5XX_Count"
      stat        = "Sum"
      period      = 60
      dimensions  = { LoadBalancer = aws_lb.load_balancer.arn_suffix }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "slow_answers_alarm" {
  alarm_name          = "${local.name}-SlowAnswersAlarm"
  alarm_description   = "One answer in a hundred takes more than half of REQUEST_TIMEOUT_SECONDS"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = { LoadBalancer = aws_lb.load_balancer.arn_suffix }
  extended_statistic  = "p99"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"

  # Percentiles of a handful of requests say nothing.
  evaluate_low_sample_count_percentiles = "ignore"
}
