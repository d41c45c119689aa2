{{/* What a weight of the canary is: a share of the pods. */}}
{{- define "service.traffic" -}}
# Never fewer pods than before. A weight is a share of the pods, so with three of them the smallest is a quarter.
maxSurge: 1
maxUnavailable: 0
{{- end }}
