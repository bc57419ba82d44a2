/* Bytes to a connection of any shard, and word back when it cannot be. */
#include "access-edge/delivery.h"

#include "access-edge/linktab.h"

static enum acc_reason put_into(struct acc_link *l, const struct acc_parcel *p)
{
	if (!l || l->state != ACC_LINK_OPEN ||
	    (!p->is_ours && l->kind != ACC_LINK_CLIENT) ||
	    (p->far.port && !edge_addr_eq(&p->far, &l->source.remote)))
		return ACC_REASON_CLIENT_GONE;
	/* AE 5: no more is taken for a client that does not read */
	if (p->txn && edge_conn_above_high_water(l->conn))
		return ACC_REASON_CLIENT_SLOW;
	return acc_link_send(l, p->bytes) ? ACC_REASON_OK
					  : ACC_REASON_CLIENT_SLOW;
}

static enum acc_reason hand_over(struct acc_shard *s,
				 const struct acc_parcel *p)
{
	struct acc_mail *mail;

	if (edge_handle_shard(p->to) >= s->shared->shard_count)
		return ACC_REASON_CLIENT_GONE;
	mail = acc_mail_new(ACC_MAIL_DELIVER, p->bytes);
	if (!mail)
		return ACC_REASON_INTERNAL;
	mail->cid = p->to;
	mail->txn = p->txn;
	mail->far = p->far;
	mail->asker = s->index;
	return acc_shard_post(s, edge_handle_shard(p->to), mail)
		       ? ACC_REASON_OK
		       : ACC_REASON_INTERNAL;
}

enum acc_reason acc_deliver(struct acc_shard *s, const struct acc_parcel *p)
{
	if (edge_handle_shard(p->to) != s->index)
		return hand_over(s, p);
	return put_into(acc_linktab_find(s->links, p->to), p);
}

void acc_deliver_mail(struct acc_shard *s, const struct acc_mail *mail)
{
	const struct acc_parcel p = {
		.to = mail->cid,
		.txn = mail->txn,
		.far = mail->far,
		.bytes = edge_slice(mail->bytes, mail->len),
	};
	struct acc_link *l = acc_linktab_find(s->links, p.to);
	enum acc_reason reason = put_into(l, &p);
	struct acc_mail *back;

	if (reason == ACC_REASON_OK) {
		l->remote_askers |= (uint16_t)(1u << mail->asker);
		return;
	}
	if (!p.txn)
		return;
	back = acc_mail_new(ACC_MAIL_UNDELIVERABLE, edge_slice(NULL, 0));
	if (!back)
		return; /* its timer will notice */
	back->txn = p.txn;
	back->reason = reason;
	(void)acc_shard_post(s, mail->asker, back);
}
