package main

// The Engine's requests, written down from the API description, with Engine 20.10's habit of reading the members of
// HostConfig at the top level as well. Only what can be dangerous has a type of its own; the rest is whatever it is.

type HostConfig struct {
	Privileged     bool
	Binds          []string
	Mounts         []mount
	VolumesFrom    []string
	Devices        []struct{ PathOnHost, PathInContainer, CgroupPermissions string }
	DeviceRequests []struct {
		Driver       string
		Count        int
		DeviceIDs    []string
		Capabilities [][]string
		Options      map[string]string
	}
	DeviceCgroupRules []string
	CapAdd            []string
	SecurityOpt       []string
	NetworkMode       string
	PidMode           string
	IpcMode           string
	UTSMode           string
	UsernsMode        string
	CgroupnsMode      string
	Sysctls           map[string]string
	Runtime           string
	CgroupParent      string
	Cgroup            string
	MaskedPaths       []string
	ReadonlyPaths     []string
	LogConfig         struct {
		Type   string
		Config map[string]string
	}
	Annotations     map[string]string
	Tmpfs           map[string]string
	VolumeDriver    string
	ContainerIDFile string
	Links           []string

	BlkioWeightDevice    []blkioDevice
	BlkioDeviceReadBps   []blkioDevice
	BlkioDeviceWriteBps  []blkioDevice
	BlkioDeviceReadIOps  []blkioDevice
	BlkioDeviceWriteIOps []blkioDevice
}

type blkioDevice struct{ Path string }

type mount struct {
	Type          string
	Source        string
	Target        string
	Consistency   string
	BindOptions   *struct{ Propagation string }
	VolumeOptions *struct {
		NoCopy       bool
		Labels       map[string]string
		DriverConfig *driver
	}
}

type driver struct {
	Name    string
	Options map[string]string
}

type endpoint struct {
	DriverOpts map[string]string
	NetworkID  string
}

type Config struct {
	Image   string
	Env     []string
	Cmd     []string
	Labels  map[string]string
	Volumes map[string]struct{}
}

type containerCreate struct {
	*Config
	InnerHostConfig  *HostConfig `json:"HostConfig"`
	NetworkingConfig *struct {
		EndpointsConfig map[string]*endpoint
	}
	*HostConfig
}

type execCreate struct {
	User        string
	Privileged  bool
	AttachStdin bool
	Env         []string
	WorkingDir  string
	Cmd         []string
}

type volumeCreate struct {
	Name              string
	Driver            string
	DriverOpts        map[string]string
	Labels            map[string]string
	ClusterVolumeSpec map[string]interface{}
}

type networkCreate struct {
	Name    string
	Driver  string
	Options map[string]string
	Labels  map[string]string
	IPAM    *struct{ Driver string }
}

type secretSpec struct {
	Name       string
	Labels     map[string]string
	Driver     *driver
	Templating *driver
}

type networkConnect struct {
	Container      string
	EndpointConfig *endpoint
}

type attachment struct {
	Target     string
	DriverOpts map[string]string
}

type serviceSpec struct {
	Name         string
	Labels       map[string]string
	Networks     []attachment
	TaskTemplate struct {
		ContainerSpec *struct {
			Image         string
			Env           []string
			Secrets       []*struct{ SecretID string }
			Configs       []*struct{ ConfigID string }
			Labels        map[string]string
			Mounts        []mount
			CapabilityAdd []string
			Sysctls       map[string]string
			Privileges    *struct {
				CredentialSpec *struct{ Config, File, Registry string }
				SELinuxContext *struct {
					Disable                 bool
					User, Role, Type, Level string
				}
				Seccomp *struct {
					Mode    string
					Profile []byte
				}
				AppArmor *struct{ Mode string }
			}
		}
		PluginSpec *struct{ Name, Remote string }
		Runtime    string
		Networks   []attachment
		LogDriver  *driver
	}
}

type checkpointCreate struct {
	CheckpointID  string
	CheckpointDir string
}
