package main

// service judges ServiceCreate and ServiceUpdate.
func (s settings) service(r *serviceSpec) string {
	t := &r.TaskTemplate
	if ownLabel(r.Labels) || t.ContainerSpec != nil && ownLabel(t.ContainerSpec.Labels) {
		return "a label for the proxy"
	}
	for _, a := range append(append([]attachment{}, r.Networks...), t.Networks...) {
		if why := s.attach(a); why != "" {
			return why
		}
	}
	if (t.PluginSpec != nil && *t.PluginSpec != struct{ Name, Remote string }{} || t.Runtime == "plugin") && !s.yes("ALLOW_PRIVILEGED") {
		return "a plugin"
	}
	if t.LogDriver != nil {
		if why := s.log(t.LogDriver.Name, t.LogDriver.Options); why != "" {
			return why
		}
	}
	c := t.ContainerSpec
	if c == nil {
		return ""
	}
	if why := s.image(c.Image); why != "" {
		return why
	}
	if why := s.environment(c.Env, false); why != "" {
		return why
	}
	if len(c.Secrets) > 0 && !s.open("SECRETS") {
		return "a secret"
	}
	if len(c.Configs) > 0 && !s.open("CONFIGS") {
		return "a config"
	}
	for _, m := range c.Mounts {
		if why := s.taskMount(m); why != "" {
			return why
		}
	}
	if why := s.sysctls(c.Sysctls); why != "" {
		return why
	}
	if p := c.Privileges; p != nil && !s.yes("ALLOW_SECURITY_OPT") {
		switch {
		case p.CredentialSpec != nil && p.CredentialSpec.Config+p.CredentialSpec.File+p.CredentialSpec.Registry != "":
			return "credentials"
		case p.SELinuxContext != nil && (p.SELinuxContext.Disable || p.SELinuxContext.User+p.SELinuxContext.Role+p.SELinuxContext.Type+p.SELinuxContext.Level != ""):
			return "SELinux"
		case p.Seccomp != nil && (p.Seccomp.Mode != "" && p.Seccomp.Mode != "default" || len(p.Seccomp.Profile) > 0):
			return "seccomp"
		case p.AppArmor != nil && p.AppArmor.Mode != "" && p.AppArmor.Mode != "default":
			return "AppArmor"
		}
	}
	return s.capabilities(c.CapabilityAdd)
}
