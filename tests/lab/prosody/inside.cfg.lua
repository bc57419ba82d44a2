-- Prosody inside: users of our SIP domain, and each partner's domain as a
-- component (XEP-0114) that the gateway stand-in speaks for.
run_as_root = true
daemonize = false
pidfile = "@FOLDER@/pid"
data_path = "@FOLDER@/data"
log = { debug = "@FOLDER@/prosody.log" }
interfaces = { "@ADDRESS@" }
component_interfaces = { "@ADDRESS@" }
component_ports = { 5347 }
plugin_paths = {}
modules_enabled = { "roster", "saslauth", "disco", "ping" }
modules_disabled = { "s2s", "offline" }
authentication = "internal_plain"
storage = "internal"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false

VirtualHost "@DOMAIN@"

@COMPONENTS@
