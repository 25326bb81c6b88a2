//! What a repository is, and what is in it.

use serde_json::{Value, json};

use super::{
    Hub,
    http::{Request, Response},
    repos::Entry,
};

impl Hub {
    pub(super) fn info(&self, id: &str, revision: &str) -> Response {
        let state = self.state();
        let Some(repo) = state.repos.get(id) else { return no_repository() };
        let Some(commit) = repo.at(revision) else { return no_revision() };
        let siblings: Vec<Value> = commit.files.keys().map(|path| json!({"rfilename": path})).collect();
        Response::json(&json!({
            "_id": "0", "id": id, "modelId": id, "sha": commit.sha, "private": repo.private, "tags": [],
            "downloads": 0, "likes": 0, "lastModified": "2026-01-01T00:00:00.000Z", "siblings": siblings,
            "createdAt": "2026-01-01T00:00:00.000Z", "gated": false, "disabled": false,
        }))
    }

    /// A page of the models of an author; `cursor` counts.
    pub(super) fn models(&self, request: &Request) -> Response {
        let state = self.state();
        let parameter = |name: &str| request.query.split('&').find_map(|part| part.strip_prefix(name));
        let author = parameter("author=").unwrap_or_default();
        let start: usize = parameter("cursor=").and_then(|text| text.parse().ok()).unwrap_or(0);
        let names =
            state.repos.iter().filter(|(id, repo)| id.starts_with(&format!("{author}/")) && !repo.private);
        let all: Vec<Value> =
            names.map(|(id, _)| json!({"id": id, "modelId": id, "private": false})).collect();
        let page: Vec<&Value> = all.iter().skip(start).take(state.page).collect();
        let (next, endpoint) = (start + state.page, self.endpoint());
        let link = format!("<{endpoint}{}?author={author}&cursor={next}>; rel=\"next\"", request.path);
        let response = Response::json(&json!(page));
        if next < all.len() { response.with("Link", &link) } else { response }
    }

    /// A page of the files at a revision; `cursor` counts.
    pub(super) fn tree(&self, id: &str, revision: &str, request: &Request) -> Response {
        let state = self.state();
        let Some(repo) = state.repos.get(id) else { return no_repository() };
        let Some(commit) = repo.at(revision) else { return no_revision() };
        let cursor = request.query.split('&').find_map(|part| part.strip_prefix("cursor="));
        let start: usize = cursor.and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut entries: Vec<Value> = commit.files.iter().map(|(path, entry)| file(path, entry)).collect();
        let folders: std::collections::BTreeSet<&str> =
            commit.files.keys().filter_map(|path| path.rsplit_once('/').map(|(folder, _)| folder)).collect();
        let folder = |path| json!({"type": "directory", "oid": "0".repeat(40), "size": 0, "path": path});
        entries.extend(folders.into_iter().map(folder));
        let page: Vec<&Value> = entries.iter().skip(start).take(state.page).collect();
        let response = Response::json(&json!(page));
        match start + state.page < entries.len() {
            true => {
                let next = start + state.page;
                let (endpoint, path) = (self.endpoint(), &request.path);
                let link = format!("<{endpoint}{path}?recursive=true&cursor={next}>; rel=\"next\"");
                response.with("Link", &link)
            }
            false => response,
        }
    }
}

fn file(path: &str, entry: &Entry) -> Value {
    let mut value = json!({"type": "file", "oid": entry.git(), "size": entry.size(), "path": path});
    if let Entry::Large { oid, size } = entry {
        value["lfs"] = json!({"oid": oid, "size": size, "pointerSize": 130});
    }
    value
}

pub(super) fn no_repository() -> Response {
    Response::refusal(404, "Repository not found").with("X-Error-Code", "RepoNotFound")
}

pub(super) fn no_revision() -> Response {
    Response::refusal(404, "Invalid rev id").with("X-Error-Code", "RevisionNotFound")
}
