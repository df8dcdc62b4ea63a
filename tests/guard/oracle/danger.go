package main

import (
	"bytes"
	"encoding/json"
)

// dangerous decodes a body as the Engine does and says what it would do to the host; "" if nothing. What the Engine
// cannot decode it refuses itself. SOURCES.md says where each kind of danger was read.
func dangerous(operation string, body []byte, s settings) string {
	switch operation {
	case "ContainerCreate":
		var request containerCreate
		if decode(body, &request) {
			return s.create(&request)
		}
	case "ContainerUpdate":
		var request HostConfig
		if decode(body, &request) {
			return s.host(&request)
		}
	case "ContainerExec", "ContainerExecLibpod":
		var request execCreate
		if decode(body, &request) {
			return s.exec(&request)
		}
	case "ContainerStart":
		if len(bytes.TrimSpace(body)) > 7 {
			var request HostConfig
			if decode(body, &request) {
				return s.host(&request)
			}
		}
	case "VolumeCreate":
		var request volumeCreate
		if decode(body, &request) {
			if len(request.ClusterVolumeSpec) > 0 && !s.yes("ALLOW_BIND_MOUNTS") {
				return "a cluster volume"
			}
			if ownLabel(request.Labels) {
				return "a label for the proxy"
			}
			if why := s.namedVolume(request.Name); why != "" {
				return why
			}
			return s.volume(request.Driver, request.DriverOpts)
		}
	case "NetworkCreate":
		var request networkCreate
		if decode(body, &request) {
			if ownLabel(request.Labels) {
				return "a label for the proxy"
			}
			return s.network(&request)
		}
	case "NetworkConnect", "NetworkDisconnect":
		var request networkConnect
		if decode(body, &request) {
			return s.connect(&request)
		}
	case "ServiceCreate", "ServiceUpdate":
		var request serviceSpec
		if decode(body, &request) {
			return s.service(&request)
		}
	case "SecretCreate", "SecretUpdate", "ConfigCreate", "ConfigUpdate":
		var request secretSpec
		if decode(body, &request) {
			if ownLabel(request.Labels) {
				return "a label for the proxy"
			}
			return s.secretDriver(&request)
		}
	case "CheckpointCreate":
		var request checkpointCreate
		if decode(body, &request) && !s.yes("ALLOW_PRIVILEGED") {
			switch {
			case request.CheckpointDir != "":
				return "a checkpoint in a directory of the host"
			case request.CheckpointID != "" && bytes.ContainsAny([]byte(request.CheckpointID), "/") || request.CheckpointID == "..":
				return "a checkpoint outside its directory"
			}
		}
	}
	return ""
}

// decode reads the first JSON value and ignores what follows, as the most lenient Engine does.
func decode(body []byte, into interface{}) bool {
	return json.NewDecoder(bytes.NewReader(body)).Decode(into) == nil
}
