//! Where a request comes from: the peer of its connection, or whoever a proxy names that the host trusts.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

use crate::state::Api;

/// Names the client first, then each proxy but the last. Its relative `Forwarded` is not read: a proxy that writes one of
/// the two hands on the other as the client has made it up.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies that are believed where a request comes from, by address or by network: `127.0.0.1, 10.0.0.0/8`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// A text is no list of addresses and networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be addresses or networks with commas between them, e.g. 127.0.0.1, 10.0.0.0/8, fd00::/8"
)]
pub struct TrustedProxiesError;

/// Where a request comes from; an extension of every request whose connection is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The layer.
pub(crate) async fn note(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = api.options.trusted_proxies.client(peer.ip(), request.headers());
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

impl TrustedProxies {
    /// From the last proxy back to the first address that is none of ours. What stands before it can be made up by anybody.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let named = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut named = named.flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
        while self.0.iter().any(|network| network.contains(&client)) {
            // Behind something that is no address nothing can be trusted.
            let Some(before) = named.next().and_then(address) else { break };
            client = before;
        }
        client
    }
}

/// An address, with or without the port that some proxies write behind it.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

impl FromStr for TrustedProxies {
    type Err = TrustedProxiesError;

    fn from_str(text: &str) -> Result<Self, TrustedProxiesError> {
        let network = |text: &str| {
            let text = text.trim();
            let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| TrustedProxiesError)
        };
        text.split(',').map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, network) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{network}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&'static str]) -> String {
        let headers = forwarded.iter().map(|text| (FORWARDED_FOR, text.parse().unwrap())).collect();
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.client(peer.parse().unwrap(), &headers).to_string()
    }

    const PROXIES: &str = "10.0.0.0/8, 192.0.2.1, fd00::/8";

    #[test]
    fn nobody_who_is_not_trusted_is_believed() {
        assert_eq!(client(PROXIES, "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(PROXIES, "2001:db8::1", &["10.0.0.1"]), "2001:db8::1");
        assert_eq!(client(PROXIES, "192.0.2.2", &["198.51.100.1"]), "192.0.2.2");
        assert_eq!(
            TrustedProxies::default().client([10, 0, 0, 1].into(), &HeaderMap::new()),
            IpAddr::from([10, 0, 0, 1])
        );
    }

    #[test]
    fn the_last_address_that_is_no_proxy_counts() {
        assert_eq!(client(PROXIES, "10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(PROXIES, "::ffff:10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(PROXIES, "fd00::1", &["2001:db8::7"]), "2001:db8::7");
        // Whatever the client has written itself stands before it.
        let made_up = "1.1.1.1, 10.9.9.9, 198.51.100.1,10.0.0.2";
        assert_eq!(client(PROXIES, "10.0.0.1", &[made_up]), "198.51.100.1");
        assert_eq!(client(PROXIES, "10.0.0.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(PROXIES, "10.0.0.1", &["198.51.100.1", "10.0.0.2"]), "198.51.100.1");
    }

    #[test]
    fn ports_do_not_matter() {
        assert_eq!(client(PROXIES, "10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(client(PROXIES, "10.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
    }

    #[test]
    fn what_is_no_address_ends_the_trust() {
        for text in ["", "unknown", "198.51.100.1, nonsense", "198.51.100.1, _hidden", "1.2.3"] {
            assert_eq!(client(PROXIES, "10.0.0.1", &[text]), "10.0.0.1", "{text}");
        }
        assert_eq!(client(PROXIES, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client(PROXIES, "10.0.0.1", &["10.0.0.3"]), "10.0.0.3");
    }

    #[test]
    fn lists_are_shown_as_they_are_read() {
        assert_eq!(
            PROXIES.parse::<TrustedProxies>().unwrap().to_string(),
            "10.0.0.0/8, 192.0.2.1/32, fd00::/8"
        );
        for text in ["", "10.0.0.0/33", "localhost", "10.0.0.1 10.0.0.2", "10.0.0.1,"] {
            assert_eq!(text.parse::<TrustedProxies>(), Err(TrustedProxiesError), "{text}");
        }
    }
}
