{{/* What a weight of the canary is: a share of the requests. */}}
{{- define "service.traffic" -}}
stableService: {{ .Chart.Name }}
trafficRouting:
  plugins:
    # Writes the weights of the two backends into the HTTPRoute.
    argoproj-labs/gatewayAPI:
      httpRoute: {{ .Chart.Name }}
      namespace: {{ .Release.Namespace }}
{{- end }}
