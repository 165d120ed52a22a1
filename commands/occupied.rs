//! Who holds the port that we want.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(500);
/// Enough of an answer to know a gateway by.
const ENOUGH: u64 = 4096;

/// What is known of the program that listens on `address`.
pub(crate) fn holder(address: SocketAddr) -> &'static str {
    if is_gateway(address).unwrap_or(false) {
        "another modelgate is already serving there"
    } else {
        "another program is using the port"
    }
}

/// Asks as anybody may, without a key.
pub(crate) fn is_gateway(address: SocketAddr) -> std::io::Result<bool> {
    let address = reachable(address);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let read = stream.take(ENOUGH).read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    let known = answer.contains(r#""message":"modelgate""#);
    read.map(|_| known).or(Ok(known))
}

/// An address of this machine in place of "all addresses".
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[track_caller]
    fn check(answer: &'static str, expected: &str) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let unspecified = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
        assert_eq!(holder(unspecified), expected);
        server.join().unwrap();
    }

    #[test]
    fn a_gateway_is_known_by_what_it_says() {
        let ours = "HTTP/1.1 200 OK\r\n\r\n{\"message\":\"modelgate\",\"version\":\"0.1.0\"}";
        check(ours, "another modelgate is already serving there");
        check(
            "HTTP/1.1 200 OK\r\n\r\nhello",
            "another program is using the port",
        );
        check("", "another program is using the port");
    }

    #[test]
    fn nobody_is_no_gateway() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(holder(address), "another program is using the port");
    }
}
