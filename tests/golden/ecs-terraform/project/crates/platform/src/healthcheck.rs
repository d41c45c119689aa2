//! `healthcheck`: asks the running service whether it is alive; the image has no shell and no curl.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(2);
const REQUEST: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
const ALIVE: &[u8; 12] = b"HTTP/1.1 200";

/// Succeeds when `/livez` on `admin_port` of this machine answers 200.
pub(crate) fn healthcheck(admin_port: u16) -> io::Result<()> {
    let connect = |address: IpAddr| {
        TcpStream::connect_timeout(&SocketAddr::from((address, admin_port)), TIMEOUT)
    };
    let mut stream =
        connect(Ipv4Addr::LOCALHOST.into()).or_else(|_| connect(Ipv6Addr::LOCALHOST.into()))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(REQUEST)?;
    let mut status = [0; ALIVE.len()];
    stream.read_exact(&mut status)?;
    if &status == ALIVE {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&status)))
    }
}
