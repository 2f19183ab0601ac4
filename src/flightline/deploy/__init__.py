"""Configuration for more than one machine: a compose file and manifests of Kubernetes."""
