#!/bin/sh
# The work of campaign @CAMPAIGN@: @PROJECTS@ projects to @TEMPLATE@ @VERSION@, in @SHARDS@ shards.
#
#     sh fleet.sh JOB_QUEUE
#
# Registers the job definition, and submits the array job. The queue leads to instances of Amazon EC2 that have a shared folder at
# /fleet, with the plan; it takes the results. To go on later, run it again: a project that has its result is skipped.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: sh $0 JOB_QUEUE" >&2
  exit 2
fi

# 75: something was in the way that may be gone later. Every other code would be the same the next time. An instance that goes away
# takes no shard with it.
definition=$(aws batch register-job-definition --query jobDefinitionArn --output text --cli-input-json "$(
  cat <<'END'
{
  "jobDefinitionName": "launchway-fleet-@CAMPAIGN@",
  "type": "container",
  "platformCapabilities": ["EC2"],
  "timeout": { "attemptDurationSeconds": 3600 },
  "retryStrategy": {
    "attempts": 6,
    "evaluateOnExit": [
      { "onExitCode": "75", "action": "RETRY" },
      { "onStatusReason": "Host EC2*", "action": "RETRY" },
      { "onReason": "*", "action": "EXIT" }
    ]
  },
  "containerProperties": {
    "image": @IMAGE@,
    "command": [
      "sh", "-c", "cd /fleet && exec launchway fleet work \"$@\" --shard-from-env", "sh",
      @PLAN_IN_YAML@, "--results", @RESULTS_IN_YAML@
    ],
    "environment": [{ "name": "HOME", "value": "/tmp" }],
    "user": "65532:65532",
    "readonlyRootFilesystem": true,
    "resourceRequirements": [{ "type": "VCPU", "value": "1" }, { "type": "MEMORY", "value": "512" }],
    "linuxParameters": { "tmpfs": [{ "containerPath": "/tmp", "size": 256 }] },
    "volumes": [{ "name": "fleet", "host": { "sourcePath": "/fleet" } }],
    "mountPoints": [{ "sourceVolume": "fleet", "containerPath": "/fleet", "readOnly": false }]
  }
}
END
)")
aws batch submit-job --job-name launchway-fleet-@CAMPAIGN@ --job-queue "$1" --job-definition "$definition" \
  --array-properties size=@SHARDS@ --query jobId --output text
