{{/*
What Service, budget, policy and spread select. Immutable once applied: never add a version here. Where the values carry a
`track`, only the pods of that one are meant; tracks.yaml puts it there.
*/}}
{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/component: server
{{- with .track }}
track: {{ . }}
{{- end }}
{{- end }}

{{- define "service.labels" -}}
{{ include "service.selector" . }}
{{ toYaml .Values.labels }}
{{- end }}

{{- define "service.image" -}}
{{ .Values.image.repository }}@{{ (get .Values.tracks .track).digest }}
{{- end }}

{{/* The track that clients do not reach. */}}
{{- define "service.idle" -}}
{{ ternary "green" "blue" (eq .Values.live "blue") }}
{{- end }}
