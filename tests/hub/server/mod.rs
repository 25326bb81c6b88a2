//! A small honest hub on loopback: repositories in memory, the protocol that clients speak, and faults on
//! demand.
//!
//! That it is honest is judged by another client, `huggingface_hub`, in `judging.rs`.

mod api;
mod faults;
mod files;
mod http;
mod repos;
mod write;

use std::{
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

pub(crate) use faults::{Fault, What};
use http::{Request, Response};
pub(crate) use repos::State;

/// A running server; it ends with the process.
#[derive(Clone)]
pub(crate) struct Hub {
    /// Of the interface.
    port: u16,
    /// Where large files are, on another origin.
    store: u16,
    state: Arc<Mutex<State>>,
}

impl Hub {
    pub(crate) fn start() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (interface, store) = (listen(), listen());
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let hub = Self { port: port(&interface), store: port(&store), state: Arc::default() };
        for listener in [interface, store] {
            let hub = hub.clone();
            thread::spawn(move || {
                let is_store = port(&listener) == hub.store;
                for stream in listener.incoming().flatten() {
                    let hub = hub.clone();
                    thread::spawn(move || hub.serve(stream, is_store));
                }
            });
        }
        hub
    }

    /// What `HF_ENDPOINT` is for clients.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn store(&self) -> String {
        format!("http://127.0.0.1:{}", self.store)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on something goes wrong.
    pub(crate) fn fault(&self, on: &'static str, times: usize, what: What) {
        self.state().faults.push(Fault { on, times, what });
    }

    fn serve(&self, mut stream: TcpStream, is_store: bool) {
        let Some(request) = Request::read(&mut stream) else { return };
        let fault = {
            let mut state = self.state();
            state.log.push(request.clone());
            faults::next(&mut state.faults, &request.path)
        };
        let response = match &fault {
            Some(What::Answer(status, headers)) => {
                headers.iter().fold(Response::refusal(*status, "as ordered"), |response, (name, value)| {
                    response.with(name, value)
                })
            }
            Some(What::Redirect(to)) => Response::empty(302).with("Location", to),
            Some(What::Json(text)) => Response::new(200, text.clone().into_bytes()),
            _ if is_store => self.stored(&request),
            _ => self.answer(&request),
        };
        faults::write(&mut stream, &request, response, fault.as_ref());
    }

    fn answer(&self, request: &Request) -> Response {
        if let Some(refusal) = self.refuse(request) {
            return refusal;
        }
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["api", "models"]) => self.models(request),
            ("GET", ["api", "models", org, name]) => self.info(&id(org, name), "main"),
            ("GET", ["api", "models", org, name, "revision", revision]) => {
                self.info(&id(org, name), &http::decoded(revision))
            }
            ("GET", ["api", "models", org, name, "tree", revision, ..]) => {
                self.tree(&id(org, name), &http::decoded(revision), request)
            }
            ("GET", ["api", "whoami-v2"]) => {
                Response::json(&serde_json::json!({"name": "org", "type": "user"}))
            }
            ("GET" | "HEAD", [org, name, "resolve", revision, path @ ..]) => self.resolve(
                &id(org, name),
                &http::decoded(revision),
                &http::decoded(&path.join("/")),
                request,
            ),
            ("POST", ["api", "validate-yaml"]) => {
                Response::json(&serde_json::json!({"errors": [], "warnings": []}))
            }
            ("POST", ["api", "repos", "create"]) => self.create(request),
            ("POST", ["api", "models", org, name, "preupload", _]) => self.preupload(&id(org, name), request),
            ("POST", ["api", "models", org, name, "commit", revision]) => {
                self.commit(&id(org, name), &http::decoded(revision), request)
            }
            ("POST", [org, name, "info", "lfs", "objects", "batch"]) => {
                self.batch(&id(org, name.trim_end_matches(".git")), request)
            }
            _ => Response::refusal(404, "no such interface"),
        }
    }

    /// Nobody writes without the token, and nobody reads what is private.
    fn refuse(&self, request: &Request) -> Option<Response> {
        let state = self.state();
        let wanted = format!("Bearer {}", state.token);
        let known = request.header("authorization") == Some(wanted.as_str());
        if request.header("authorization").is_some() && !known {
            return Some(Response::refusal(401, "Invalid credentials in Authorization header"));
        }
        let private = state.repos.iter().any(|(id, repo)| repo.private && request.path.contains(id.as_str()));
        let writes =
            request.method != "GET" && request.method != "HEAD" && request.path != "/api/validate-yaml";
        (!known && (private || writes))
            .then(|| Response::refusal(401, "Repository not found").with("X-Error-Code", "RepoNotFound"))
    }
}

fn id(org: &str, name: &str) -> String {
    format!("{org}/{name}")
}
