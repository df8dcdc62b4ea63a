// Compares explain with a router that is built as the Docker Engine builds its own: gorilla/mux, every route twice
// (with and without /v{version}), names matching .*, in the Engine's order of registration.
//
// It reads lines "METHOD PATH<tab>VERDICT" (a request and the output of explain) and fails if explain allows a request
// as one operation that the Engine would serve as another.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/gorilla/mux"
)

// The Engine's routes, router by router in the order in which the daemon adds them (daemon: initRouter; names as in its
// source, such as {name:.*}), with the operationId of the API description.
var routes = `
GET /containers/{name:.*}/checkpoints CheckpointList
POST /containers/{name:.*}/checkpoints CheckpointCreate
DELETE /containers/{name}/checkpoints/{checkpoint} CheckpointDelete
HEAD /containers/{name:.*}/archive ContainerArchiveInfo
GET /containers/json ContainerList
GET /containers/{name:.*}/export ContainerExport
GET /containers/{name:.*}/changes ContainerChanges
GET /containers/{name:.*}/json ContainerInspect
GET /containers/{name:.*}/top ContainerTop
GET /containers/{name:.*}/logs ContainerLogs
GET /containers/{name:.*}/stats ContainerStats
GET /containers/{name:.*}/attach/ws ContainerAttachWebsocket
GET /exec/{id:.*}/json ExecInspect
GET /containers/{name:.*}/archive ContainerArchive
POST /containers/create ContainerCreate
POST /containers/{name:.*}/kill ContainerKill
POST /containers/{name:.*}/pause ContainerPause
POST /containers/{name:.*}/unpause ContainerUnpause
POST /containers/{name:.*}/restart ContainerRestart
POST /containers/{name:.*}/start ContainerStart
POST /containers/{name:.*}/stop ContainerStop
POST /containers/{name:.*}/wait ContainerWait
POST /containers/{name:.*}/resize ContainerResize
POST /containers/{name:.*}/attach ContainerAttach
POST /containers/{name:.*}/copy -
POST /containers/{name:.*}/exec ContainerExec
POST /exec/{name:.*}/start ExecStart
POST /exec/{name:.*}/resize ExecResize
POST /containers/{name:.*}/rename ContainerRename
POST /containers/{name:.*}/update ContainerUpdate
POST /containers/prune ContainerPrune
POST /commit ImageCommit
PUT /containers/{name:.*}/archive PutContainerArchive
DELETE /containers/{name:.*} ContainerDelete
GET /images/json ImageList
GET /images/search ImageSearch
GET /images/get ImageGetAll
GET /images/{name:.*}/get ImageGet
GET /images/{name:.*}/history ImageHistory
GET /images/{name:.*}/json ImageInspect
GET /images/{name:.*}/attestations ImageAttestations
POST /images/load ImageLoad
POST /images/create ImageCreate
POST /images/{name:.*}/push ImagePush
POST /images/{name:.*}/tag ImageTag
POST /images/prune ImagePrune
DELETE /images/{name:.*} ImageDelete
OPTIONS /{anyroute:.*} -
GET /_ping SystemPing
HEAD /_ping SystemPingHead
GET /events SystemEvents
GET /info SystemInfo
GET /version SystemVersion
GET /system/df SystemDataUsage
POST /auth SystemAuth
GET /volumes VolumeList
GET /volumes/{name:.*} VolumeInspect
POST /volumes/create VolumeCreate
POST /volumes/prune VolumePrune
PUT /volumes/{name:.*} VolumeUpdate
DELETE /volumes/{name:.*} VolumeDelete
POST /build ImageBuild
POST /build/prune BuildPrune
POST /build/cancel BuildCancel
POST /session Session
POST /swarm/init SwarmInit
POST /swarm/join SwarmJoin
POST /swarm/leave SwarmLeave
GET /swarm SwarmInspect
GET /swarm/unlockkey SwarmUnlockkey
POST /swarm/update SwarmUpdate
POST /swarm/unlock SwarmUnlock
GET /services ServiceList
GET /services/{id} ServiceInspect
POST /services/create ServiceCreate
POST /services/{id}/update ServiceUpdate
DELETE /services/{id} ServiceDelete
GET /services/{id}/logs ServiceLogs
GET /nodes NodeList
GET /nodes/{id} NodeInspect
DELETE /nodes/{id} NodeDelete
POST /nodes/{id}/update NodeUpdate
GET /tasks TaskList
GET /tasks/{id} TaskInspect
GET /tasks/{id}/logs TaskLogs
GET /secrets SecretList
POST /secrets/create SecretCreate
DELETE /secrets/{id} SecretDelete
GET /secrets/{id} SecretInspect
POST /secrets/{id}/update SecretUpdate
GET /configs ConfigList
POST /configs/create ConfigCreate
DELETE /configs/{id} ConfigDelete
GET /configs/{id} ConfigInspect
POST /configs/{id}/update ConfigUpdate
GET /plugins PluginList
GET /plugins/{name:.*}/json PluginInspect
GET /plugins/privileges GetPluginPrivileges
DELETE /plugins/{name:.*} PluginDelete
POST /plugins/{name:.*}/enable PluginEnable
POST /plugins/{name:.*}/disable PluginDisable
POST /plugins/pull PluginPull
POST /plugins/{name:.*}/push PluginPush
POST /plugins/{name:.*}/upgrade PluginUpgrade
POST /plugins/{name:.*}/set PluginSet
POST /plugins/create PluginCreate
GET /distribution/{name:.*}/json DistributionInspect
GET /networks NetworkList
GET /networks/ NetworkList
GET /networks/{id:.+} NetworkInspect
POST /networks/create NetworkCreate
POST /networks/{id:.*}/connect NetworkConnect
POST /networks/{id:.*}/disconnect NetworkDisconnect
POST /networks/prune NetworkPrune
DELETE /networks/{id:.*} NetworkDelete
POST /grpc Grpc
`

// served is what the last request was served as.
var served string

func newRouter() *mux.Router {
	router := mux.NewRouter()
	for _, line := range strings.Split(strings.TrimSpace(routes), "\n") {
		field := strings.Fields(line)
		operation := field[2]
		handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = operation })
		router.Path("/v{version:[0-9.]+}" + field[1]).Methods(field[0]).Handler(handler)
		router.Path(field[1]).Methods(field[0]).Handler(handler)
	}
	return router
}

// discard is an answer nobody reads.
type discard struct{ status int }

func (*discard) Header() http.Header           { return http.Header{} }
func (*discard) Write(bytes []byte) (int, error) { return len(bytes), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

func main() {
	router := newRouter()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	count, allowed, agreed, wrong := 0, 0, 0, 0
	for lines.Scan() {
		request, verdict, _ := strings.Cut(lines.Text(), "\t")
		method, target, _ := strings.Cut(request, " ")
		count++
		if !strings.HasPrefix(verdict, "allowed ") || strings.HasSuffix(verdict, "Libpod") {
			continue
		}
		allowed++
		operation := strings.TrimPrefix(verdict, "allowed ")
		parsed, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: docker\r\n\r\n")))
		if err != nil {
			continue // the Engine does not even read it
		}
		served = ""
		router.ServeHTTP(&discard{}, parsed)
		switch {
		case served == operation:
			agreed++
		case served != "":
			wrong++
			fmt.Printf("%s %s: allowed as %s, served as %s\n", method, target, operation, served)
		}
	}
	fmt.Printf("%d requests, %d allowed, %d of them served as the same operation, %d as another\n", count, allowed, agreed, wrong)
	if wrong > 0 || agreed < 100 || lines.Err() != nil {
		os.Exit(1)
	}
}
