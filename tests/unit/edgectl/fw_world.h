/* An edge host's packet filter by hand: ours, until a test spoils it. */
#ifndef TESTS_UNIT_EDGECTL_FW_WORLD_H
#define TESTS_UNIT_EDGECTL_FW_WORLD_H

#include "edgectl/fw_judge.h"
#include "edgectl/net_view.h"
#include "edgectl/nft_boot.h"
#include "tests/unit/edgectl/render_world.h"

#define FW_OURS(chain, expr)                                                \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"lync_edge\",\"chain\":" \
	"\"" chain "\",\"handle\":91,\"expr\":[" expr "]}}"
#define FW_DADDR(ip, at)                                                 \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":" \
	"\"" ip "\",\"field\":\"daddr\"}},\"right\":\"" at "\"}}"
#define FW_DPORT(port)                                                   \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":" \
	"\"tcp\",\"field\":\"dport\"}},\"right\":" port "}}"
#define FW_ACCEPT "{\"accept\":null}"
/* what nobody can tell */
#define FW_MARK                                                             \
	"{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"mark\"}}," \
	"\"right\":7}}"

struct fw_world {
	struct render_world w; /* 02-edge-pool-director */
	struct json_t *doc;    /* as nft prints it; at first ours alone */
	struct ctl_sockets sockets;
	struct ctl_net_view net; /* with more addresses than the topology's */
	const char *manage;	 /* who is not named in edge.ini */
	const struct ctl_nft_boot *boot;
	struct ctl_fw_report report;
};

struct fw_world *fw_world_new(void);
void fw_world_free(struct fw_world *f);

/** One more object, first or last. */
void fw_put(struct fw_world *f, bool first, const char *text);
/** A table of somebody else, with a chain for what comes in, and a rule unless
 * NULL. */
void fw_own_table(struct fw_world *f, const char *policy, const char *rule);
void fw_address(struct fw_world *f, const char *text);
/** No table at all. */
void fw_clear(struct fw_world *f);

/** Judges; the ids found, "FW-001 FW-002". */
const char *fw_ids(struct fw_world *f);
bool fw_has_good(const struct fw_world *f, const char *text);

#endif
