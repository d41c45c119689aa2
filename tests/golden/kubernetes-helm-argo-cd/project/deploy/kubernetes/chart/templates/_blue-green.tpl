{{/* How a new version takes over, and when it is given up; rollout.yaml uses it. */}}
{{- define "service.strategy" -}}
# A pod may wait minutes for a new node, and nothing counts as progress during the first measurements (150 s) either. When
# it passes, the new version is given up and the old one goes on serving.
progressDeadlineSeconds: 600
progressDeadlineAbort: true
strategy:
  blueGreen:
    activeService: {{ .Chart.Name }}
    previewService: {{ .Chart.Name }}-preview
    # With manual promotion the new version waits behind the preview Service until somebody runs promote.sh; otherwise it
    # takes over as soon as its first measurements are good.
    autoPromotionEnabled: {{ eq .Values.promotion "automatic" }}
    # How long the old version stays up after the switch, so that a rollback is immediate; longer than the measurements
    # below take. The quota has room for two versions, so leave this much between two deployments under full load.
    scaleDownDelaySeconds: 300
    # Nobody reaches the new version before the switch, so none of the five measurements has to find a request.
    prePromotionAnalysis:
      {{- include "service.measure" (dict "Chart" .Chart "through" "preview" "silent" 5) | nindent 6 }}
    # When these are bad, the Service is switched back by itself.
    postPromotionAnalysis:
      {{- include "service.measure" (dict "Chart" .Chart "silent" 4) | nindent 6 }}
{{- end }}
