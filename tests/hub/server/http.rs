//! HTTP/1.1, one request a connection.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpStream,
};

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(super) fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = || {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
            Some(line.trim_end().to_owned())
        };
        let first = line()?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let header = line()?;
            let Some((name, value)) = header.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let mut request = Self { method, path, query, headers, body: Vec::new() };
        request.body = match request.header("transfer-encoding") {
            Some(_) => chunks(&mut reader)?,
            None => {
                let length = request.header("content-length").and_then(|text| text.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).ok()?;
                body
            }
        };
        Some(request)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn chunks(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = u64::from_str_radix(line.trim(), 16).ok()?;
        reader.take(length).read_to_end(&mut body).ok()?;
        reader.read_line(&mut String::new()).ok()?;
        if length == 0 {
            return Some(body);
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self::new(status, Vec::new())
    }

    pub(super) fn json(value: &Value) -> Self {
        Self::new(200, value.to_string().into_bytes()).with("Content-Type", "application/json")
    }

    pub(super) fn refusal(status: u16, why: &str) -> Self {
        Self { status, ..Self::json(&json!({"error": why})) }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The part of the body that a request wants.
    pub(super) fn ranged(mut self, request: &Request) -> Self {
        let size = self.body.len();
        let wanted = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let Some((start, end)) = wanted else { return self.with("Accept-Ranges", "bytes") };
        let start: usize = start.parse().unwrap_or(0);
        let end = end.parse::<usize>().map_or(size, |last| (last + 1).min(size));
        if start >= end {
            return Self::refusal(416, "no such range");
        }
        self.status = 206;
        self.body = self.body.get(start..end).unwrap().to_vec();
        self.with("Content-Range", &format!("bytes {start}-{}/{size}", end - 1))
    }
}

/// A part of an address without its `%xx`.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, value) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
