{{/* What Service, budget, policy and spread select. Immutable once applied: never add a version here. */}}
{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "service.labels" -}}
{{ include "service.selector" . }}
{{ toYaml .Values.labels }}
{{- end }}

{{- define "service.image" -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- end }}
