//! What goes wrong on the way.

use std::{io::Write, net::TcpStream, thread, time::Duration};

use super::http::{Request, Response};

/// Something that goes wrong with the next so many requests whose path contains a text.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) on: &'static str,
    pub(crate) times: usize,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Another answer, with headers.
    Answer(u16, Vec<(&'static str, String)>),
    /// One byte in the middle is another.
    Corrupt,
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// Another text.
    Json(String),
    /// More bytes come than the file has.
    Longer,
    /// Ranges are ignored: all is sent.
    Ranges,
    /// Somewhere else.
    Redirect(String),
    /// Silence for so long, in the middle of the body.
    Silence(Duration),
}

pub(super) fn next(faults: &mut [Fault], path: &str) -> Option<What> {
    let fault = faults.iter_mut().find(|fault| fault.times > 0 && path.contains(fault.on))?;
    fault.times -= 1;
    Some(fault.what.clone())
}

pub(super) fn write(stream: &mut TcpStream, request: &Request, mut response: Response, fault: Option<&What>) {
    match fault {
        Some(What::Corrupt) => {
            let middle = response.body.len() / 2;
            response.body.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 1);
        }
        Some(What::Longer) => response.body.extend([0; 100]),
        _ => {}
    }
    let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", response.status);
    head += &format!("Content-Length: {}\r\n", response.body.len());
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    // Clients may go away whenever they like.
    let _ = stream.write_all(head.as_bytes());
    let body = if request.method == "HEAD" { &[] } else { response.body.as_slice() };
    let (first, rest) = match fault {
        Some(What::Cut(after)) => (&body[..(*after).min(body.len())], &[][..]),
        Some(What::Silence(_)) => body.split_at(body.len() / 2),
        _ => (body, &[][..]),
    };
    let _ = stream.write_all(first);
    if let Some(What::Silence(long)) = fault {
        let _ = stream.flush();
        thread::sleep(*long);
    }
    let _ = stream.write_all(rest);
}
