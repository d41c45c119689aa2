{{/* The pod of the service: what the workload has as its template. */}}
{{- define "service.pod" -}}
metadata:
  labels:
    {{- include "service.selector" . | nindent 4 }}
    owner: {{ .Values.labels.owner | quote }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ .Chart.Name }}
  automountServiceAccountToken: false
  # Service links would put variables such as ADMIN_PORT=tcp://… into the environment.
  enableServiceLinks: false
  # The drain and 5 s to spare. No preStop: the service drains itself.
  terminationGracePeriodSeconds: {{ add .Values.config.DRAIN_TIMEOUT_SECONDS 5 }}
  # The image is built for this architecture alone.
  nodeSelector:
    kubernetes.io/arch: {{ .Values.architecture }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.spreadOver }}
  # Spread each version over zones and nodes where there are several; a single node still takes them all.
  topologySpreadConstraints:
    {{- range . }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "service.selector" $ | nindent 10 }}
      matchLabelKeys:
        - {{ include "service.hash" $ }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    {{- if ne .Values.provider "openshift" }}
    # OpenShift gives each namespace its own ids, and refuses others (restricted-v2).
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    {{- end }}
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: {{ .Chart.Name }}
      image: {{ include "service.image" . | quote }}
      # A digest names one image for ever, so a node that has it need not ask the registry again.
      imagePullPolicy: IfNotPresent
      # Part of the pod template, not a ConfigMap: Helm would change or delete that under the pods of the previous
      # version, and after a rollback that version would come up with the settings of the one that failed.
      env:
        {{- range $name, $value := .Values.config }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
        {{- range .Values.secrets }}
        - name: {{ . | upper | replace "-" "_" }}
          valueFrom:
            secretKeyRef:
              name: {{ $.Chart.Name }}
              key: {{ . }}
        {{- end }}
      ports:
        - name: admin
          containerPort: {{ .Values.config.ADMIN_PORT }}
      startupProbe:
        httpGet:
          path: /startupz
          port: admin
        periodSeconds: 1
        failureThreshold: 30
      # The heartbeat of the loop that takes messages. It fails when the loop hangs, and not when the queue does not answer.
      livenessProbe:
        httpGet:
          path: /livez
          port: admin
        periodSeconds: 10
        timeoutSeconds: 2
        failureThreshold: 3
      # No request depends on it: a rollout waits for it.
      readinessProbe:
        httpGet:
          path: /readyz
          port: admin
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop:
            - ALL
      volumeMounts:
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 16Mi
{{- end }}
