//! The files themselves: small ones at once, large ones at another place.

use super::{
    Hub,
    api::{no_repository, no_revision},
    http::{Request, Response},
    repos::{Entry, hex},
};
use sha2::{Digest, Sha256};

impl Hub {
    pub(super) fn resolve(&self, id: &str, revision: &str, path: &str, request: &Request) -> Response {
        let state = self.state();
        let Some(repo) = state.repos.get(id) else { return no_repository() };
        let Some(commit) = repo.at(revision) else { return no_revision() };
        let Some(entry) = commit.files.get(path) else {
            return Response::refusal(404, "Entry not found")
                .with("X-Error-Code", "EntryNotFound")
                .with("X-Repo-Commit", &commit.sha);
        };
        match entry {
            Entry::Large { oid, size } => Response::empty(302)
                .with("Location", &format!("{}/large/{oid}", self.store()))
                .with("X-Repo-Commit", &commit.sha)
                .with("X-Linked-Etag", &format!("\"{oid}\""))
                .with("X-Linked-Size", &size.to_string()),
            Entry::Small(bytes) => Response::new(200, bytes.clone())
                .ranged(request)
                .with("X-Repo-Commit", &commit.sha)
                .with("ETag", &format!("\"{}\"", entry.git())),
        }
    }

    /// The store of large files: who knows the digest may read, and write what has it.
    pub(super) fn stored(&self, request: &Request) -> Response {
        let oid = request.path.rsplit('/').next().unwrap_or_default();
        let mut state = self.state();
        match request.method.as_str() {
            "PUT" if hex(&Sha256::digest(&request.body)) == oid => {
                state.keep(request.body.clone());
                Response::empty(200)
            }
            "PUT" => Response::refusal(400, "these bytes have another digest"),
            _ => match state.large.get(oid) {
                Some(bytes) => {
                    Response::new(200, bytes.clone()).ranged(request).with("ETag", &format!("\"{oid}\""))
                }
                None => Response::refusal(404, "nothing has this digest"),
            },
        }
    }
}
