//! A container that a person puts beside the service's own, before or after it: `check` has nothing to say about it.

use std::fs;
use std::path::Path;

use xtask::tree;

use crate::golden;
use crate::program::{launchway, run};

const IN_STACK: &str = r#"        - Name: proxy
          Image: public.ecr.aws/nginx/nginx:stable
          User: "101"
          PortMappings:
            - ContainerPort: 8443
          Environment:
            - Name: PORT
              Value: "8443"
          Secrets:
            - Name: TLS_KEY
              ValueFrom: !Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/orders/${Environment}/tls
          HealthCheck:
            Command: [CMD-SHELL, exit 0]
            Interval: 60
          StopTimeout: 5
          LogConfiguration:
            LogDriver: awslogs
            Options:
              awslogs-group: !Ref LogGroup
              awslogs-region: !Ref AWS::Region
              awslogs-stream-prefix: proxy
"#;

const IN_TASK: &str = r#"    {
      "name": "proxy",
      "image": "public.ecr.aws/nginx/nginx:stable",
      "user": "101",
      "portMappings": [{ "containerPort": 8443 }],
      "environment": [{ "name": "PORT", "value": "8443" }],
      "healthCheck": { "command": ["CMD-SHELL", "exit 0"], "interval": 60 },
      "stopTimeout": 5,
      "logConfiguration": { "logDriver": "awslogs", "options": { "awslogs-group": "<LogGroupName>" } }
    }"#;

const IN_POD: &str = r#"- name: proxy
  image: docker.io/nginxinc/nginx-unprivileged:stable
  env:
    - name: PORT
      value: "8443"
  ports:
    - name: tls
      containerPort: 8443
  livenessProbe:
    httpGet:
      path: /
      port: tls
    periodSeconds: 30
    failureThreshold: 9
  readinessProbe:
    tcpSocket:
      port: tls
  volumeMounts:
    - name: tmp
      mountPath: /var/cache
  resources:
    requests:
      cpu: 10m
      memory: 16Mi
    limits:
      memory: 16Mi
  securityContext:
    runAsNonRoot: true
    runAsUser: 101
    readOnlyRootFilesystem: false
"#;

/// A golden project, the file with its containers, the list of them, and what follows that list.
const PROJECTS: &[(&str, &str, &str, &str)] = &[
    ("ecs-default", STACK, "      ContainerDefinitions:\n", "\n  # No DesiredCount"),
    ("ecs-canary-ec2", STACK, "      ContainerDefinitions:\n", "\n  # No DesiredCount"),
    ("ecs-json-rolling", TASK, "  \"containerDefinitions\": [\n", "\n  ],\n  \"tags\""),
    ("ecs-code-deploy-canary", TASK, "  \"containerDefinitions\": [\n", "\n  ],\n  \"tags\""),
    (
        "kubernetes-default",
        "deploy/kubernetes/base/workload/deployment.yaml",
        "      containers:\n",
        "      volumes:\n",
    ),
    ("kubernetes-tracks", "deploy/kubernetes/base/workload/deployment.yaml", "      containers:\n", "      volumes:\n"),
    (
        "kubernetes-argo-canary-gateway",
        "deploy/kubernetes/base/workload/rollout.yaml",
        "      containers:\n",
        "      volumes:\n",
    ),
    ("kubernetes-helm-ingress", "deploy/kubernetes/chart/templates/_pod.tpl", "  containers:\n", "  volumes:\n"),
];

const STACK: &str = "deploy/ecs/service.yaml";
const TASK: &str = "deploy/ecs/task-definition.json";

#[test]
fn a_container_beside_the_service_leaves_every_agreement_as_it_is() {
    for (case, file, list, after) in PROJECTS {
        let folder = tempfile::tempdir().unwrap();
        tree::write(&golden::rendered()[*case], folder.path()).unwrap();
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(list) && text.contains(after), "{case}: {file} has other lines around its containers");
        for edited in [first(&text, file, list), last(&text, file, list, after)] {
            fs::write(&path, edited).unwrap();
            agrees(case, folder.path());
        }
    }
}

#[test]
fn another_log_driver_is_no_finding_and_one_that_no_task_has_is() {
    let drivers = [("splunk", Some(0)), ("awsfirelens", Some(0)), ("syslog", Some(1))];
    for (case, file, end) in [
        (
            "ecs-default",
            STACK,
            "            LogDriver: awslogs\n            Options:\n              awslogs-group: !Ref LogGroup\n",
        ),
        (
            "ecs-json-rolling",
            TASK,
            "        \"logDriver\": \"awslogs\",\n        \"options\": {\n          \"awslogs-group\": \"<LogGroupName>\",\n",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        tree::write(&golden::rendered()[case], folder.path()).unwrap();
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(end), "{case}: {file} writes its log in another way");
        for (driver, code) in drivers {
            let of_the_driver: Vec<&str> = end.lines().filter(|line| !line.contains("awslogs-group")).collect();
            let other = format!("{}\n", of_the_driver.join("\n")).replace("awslogs", driver);
            let only = |line: &&str| !line.contains("awslogs-");
            let edited: Vec<String> =
                text.replacen(end, &other, 1).lines().filter(only).map(|line| format!("{line}\n")).collect();
            fs::write(&path, edited.concat()).unwrap();
            let ran = run(launchway().arg("check").arg(folder.path()));
            assert_eq!(ran.code, code, "{case}: {driver}: {}{}", ran.stdout, ran.stderr);
        }
    }
}

fn first(text: &str, file: &str, list: &str) -> String {
    let comma = if file == TASK { ",\n" } else { "" };
    text.replacen(list, &format!("{list}{}{comma}", sidecar(file, list)), 1)
}

fn last(text: &str, file: &str, list: &str, after: &str) -> String {
    let comma = if file == TASK { ",\n" } else { "" };
    text.replacen(after, &format!("{comma}{}{after}", sidecar(file, list)), 1)
}

fn sidecar(file: &str, list: &str) -> String {
    match file {
        STACK => IN_STACK.to_owned(),
        TASK => IN_TASK.to_owned(),
        _ => {
            let indent = " ".repeat(list.len() - list.trim_start().len() + 2);
            let lines: Vec<String> = IN_POD.lines().map(|line| format!("{indent}{line}\n")).collect();
            lines.concat()
        }
    }
}

fn agrees(case: &str, project: &Path) {
    let ran = run(launchway().arg("check").arg(project));
    assert_eq!(ran.code, Some(0), "{case}: {}{}", ran.stdout, ran.stderr);
}
