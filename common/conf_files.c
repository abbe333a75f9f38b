/* SPDX-License-Identifier: BSD-2-Clause */
/* See conf_files.h. On its way a file is two lengths, of its path and of its
 * text, and both of them. */
#include "config.h"
#include "common/conf_files.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct head {
	uint32_t	path_len, len;
};

int
conf_files_add(struct conf_files *f, const char *path, const void *data,
    size_t len)
{
	struct conf_kept *k;

	if (conf_files_find(f, path) != NULL)
		return (0);
	k = realloc(f->file, (f->n + 1) * sizeof(*k));
	if (k == NULL)
		return (-ENOMEM);
	f->file = k;
	k += f->n;
	k->path = strdup(path);
	k->data = malloc(len + 1);
	k->len = len;
	if (k->path == NULL || k->data == NULL) {
		free(k->path);
		free(k->data);
		return (-ENOMEM);
	}
	memcpy(k->data, data, len);
	k->data[len] = '\0';
	f->n++;
	return (0);
}

const struct conf_kept *
conf_files_find(const struct conf_files *f, const char *path)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->file[i].path, path) == 0)
			return (&f->file[i]);
	return (NULL);
}

bool
conf_files_digest(const struct conf_files *f, const char *path,
    uint8_t out[CONF_DIGEST_LEN])
{
	const struct conf_kept *k = conf_files_find(f, path);

	return (k != NULL && EVP_Digest(k->data, k->len, out, NULL,
	    EVP_sha256(), NULL) == 1);
}

void
conf_files_free(struct conf_files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		explicit_bzero(f->file[i].data, f->file[i].len);
		free(f->file[i].data);
		free(f->file[i].path);
	}
	free(f->file);
	*f = (struct conf_files){ .sealed = f->sealed };
}

static int
put(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n <= 0)
			return (n == 0 ? -EIO : -errno);
		p += n;
		len -= (size_t)n;
	}
	return (0);
}

int
conf_files_send(const struct conf_files *f)
{
	int fd = memfd_create("configuration", MFD_CLOEXEC), err = 0;
	size_t i;

	if (fd == -1)
		return (-errno);
	for (i = 0; i < f->n && err == 0; i++) {
		const struct conf_kept *k = &f->file[i];
		const struct head h = { (uint32_t)strlen(k->path),
		    (uint32_t)k->len };

		err = put(fd, &h, sizeof(h));
		if (err == 0)
			err = put(fd, k->path, h.path_len);
		if (err == 0)
			err = put(fd, k->data, h.len);
	}
	if (err == 0 && lseek(fd, 0, SEEK_SET) == -1)
		err = -errno;
	if (err == 0)
		return (fd);
	close(fd);
	return (err);
}

/* One file of what was sent, at *p; false when it is cut short. */
static bool
take(struct conf_files *f, const char **p, size_t *left, int *err)
{
	struct head h;
	char *path;

	if (*left < sizeof(h))
		return (false);
	memcpy(&h, *p, sizeof(h));
	*p += sizeof(h);
	*left -= sizeof(h);
	if (h.path_len > *left || h.len > *left - h.path_len)
		return (false);
	path = strndup(*p, h.path_len);
	*err = path != NULL ? conf_files_add(f, path, *p + h.path_len,
	    h.len) : -ENOMEM;
	free(path);
	*p += h.path_len + h.len;
	*left -= h.path_len + h.len;
	return (*err == 0);
}

int
conf_files_receive(struct conf_files *f, int fd)
{
	char *buf = malloc(CONF_FILES_MAX);
	const char *p = buf;
	size_t left = 0;
	ssize_t n = 1;
	int err = 0;

	*f = (struct conf_files){ .sealed = true };
	if (buf == NULL)
		return (-ENOMEM);
	while (n > 0 && left < CONF_FILES_MAX) {
		n = read(fd, buf + left, CONF_FILES_MAX - left);
		if (n > 0)
			left += (size_t)n;
	}
	if (n < 0)
		err = -errno;
	else if (n > 0)
		err = -EFBIG;
	while (err == 0 && left > 0)
		if (!take(f, &p, &left, &err) && err == 0)
			err = -EBADMSG;
	explicit_bzero(buf, CONF_FILES_MAX);
	free(buf);
	if (err != 0)
		conf_files_free(f);
	return (err);
}
