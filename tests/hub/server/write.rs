//! Changing repositories.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::{
    Hub,
    api::no_repository,
    http::{Request, Response},
    repos::{Entry, Repo, State, is_large},
};

impl Hub {
    pub(super) fn create(&self, request: &Request) -> Response {
        let wanted = request.json();
        let text = |key: &str| wanted[key].as_str().unwrap_or_default().to_owned();
        let org = if text("organization").is_empty() { "org".to_owned() } else { text("organization") };
        let id = format!("{org}/{}", text("name"));
        let mut state = self.state();
        let url = json!({"url": format!("{}/{id}", self.endpoint()), "name": id, "id": "0"});
        if state.repos.contains_key(&id) {
            return Response { status: 409, ..Response::json(&url) };
        }
        let private = wanted["private"] == true || wanted["visibility"] == "private";
        let mut repo = Repo { private, ..Repo::default() };
        let attributes = Entry::Small(b"*.safetensors filter=lfs\n".to_vec());
        repo.commit("main", "initial commit", [(".gitattributes".to_owned(), attributes)].into());
        state.repos.insert(id, repo);
        Response::json(&url)
    }

    pub(super) fn preupload(&self, id: &str, request: &Request) -> Response {
        if !self.state().repos.contains_key(id) {
            return no_repository();
        }
        let wanted = request.json();
        let mode = |file: &Value| {
            let (path, size) =
                (file["path"].as_str().unwrap_or_default(), file["size"].as_u64().unwrap_or(0));
            let mode = if is_large(path, size as usize) { "lfs" } else { "regular" };
            json!({"path": path, "uploadMode": mode, "shouldIgnore": false, "oid": null})
        };
        let files: Vec<Value> = wanted["files"].as_array().into_iter().flatten().map(mode).collect();
        Response::json(&json!({"files": files}))
    }

    /// Where large files go; those that are known go nowhere.
    pub(super) fn batch(&self, id: &str, request: &Request) -> Response {
        let state = self.state();
        if !state.repos.contains_key(id) {
            return no_repository();
        }
        let wanted = request.json();
        let object = |object: &Value| {
            let oid = object["oid"].as_str().unwrap_or_default();
            let href = format!("{}/large/{oid}", self.store());
            let mut answer = json!({"oid": oid, "size": object["size"], "authenticated": true});
            if !state.large.contains_key(oid) {
                answer["actions"] = json!({"upload": {"href": href, "header": {}}});
            }
            answer
        };
        let objects: Vec<Value> = wanted["objects"].as_array().into_iter().flatten().map(object).collect();
        Response::json(&json!({"transfer": "basic", "objects": objects}))
            .with("Content-Type", "application/vnd.git-lfs+json")
    }

    /// One line for the message, one for each file.
    pub(super) fn commit(&self, id: &str, revision: &str, request: &Request) -> Response {
        let mut state = self.state();
        let Some(mut repo) = state.repos.get(id).cloned() else { return no_repository() };
        let Some(parent) = repo.at(revision).cloned() else { return super::api::no_revision() };
        let text = String::from_utf8(request.body.clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let (mut files, mut message) = (parent.files.clone(), String::new());
        for line in lines {
            let value = &line["value"];
            let path = value["path"].as_str().unwrap_or_default().to_owned();
            match line["key"].as_str() {
                Some("header") => {
                    message = value["summary"].as_str().unwrap_or_default().to_owned();
                    let expected = value["parentCommit"].as_str();
                    if expected.is_some_and(|expected| expected != parent.sha) {
                        return Response::refusal(
                            412,
                            "A commit has happened since. Please refresh and try again.",
                        );
                    }
                }
                Some("deletedFile") => drop(files.remove(&path)),
                Some("file" | "lfsFile") => match entry(&mut state, &line) {
                    Some(entry) => drop(files.insert(path, entry)),
                    None => return Response::refusal(400, "a file has no bytes"),
                },
                _ => return Response::refusal(400, "a line of an unknown kind"),
            }
        }
        let is_pull = request.query.contains("create_pr=1");
        let pulls = repo.refs.keys().filter(|name| name.starts_with("refs/pr/")).count();
        let branch = if is_pull { format!("refs/pr/{}", pulls + 1) } else { revision.to_owned() };
        let sha = repo.commit(&branch, &message, files);
        state.repos.insert(id.to_owned(), repo);
        let url = format!("{}/{id}/commit/{sha}", self.endpoint());
        let mut answer = json!({"success": true, "commitUrl": url, "commitOid": sha, "hookOutput": ""});
        if is_pull {
            answer["pullRequestUrl"] = format!("{}/{id}/discussions/{}", self.endpoint(), pulls + 1).into();
        }
        Response::json(&answer)
    }
}

fn entry(state: &mut State, line: &Value) -> Option<Entry> {
    let value = &line["value"];
    if line["key"] == "lfsFile" {
        let oid = value["oid"].as_str()?.to_owned();
        let size = state.large.get(&oid)?.len();
        return (value["size"].as_u64() == Some(size as u64)).then_some(Entry::Large { oid, size });
    }
    let bytes = Base64::decode_vec(value["content"].as_str()?).ok()?;
    // Git would make a large file of it, by its attributes.
    let path = value["path"].as_str()?;
    Some(if is_large(path, bytes.len()) { state.keep(bytes) } else { Entry::Small(bytes) })
}
