//! Amazon SQS, with the credentials and the region of the SDK's standard chain.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::{
    Client,
    config::Builder,
    types::{self, MessageSystemAttributeName as Name},
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::{Config, Error, Message, Queue, Received};

/// As many messages as Amazon SQS gives out at a time.
const MOST: usize = 10;
const CONNECT: Duration = Duration::from_secs(5);
/// For one attempt of a request, beside the time that a request for messages waits.
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct Sqs {
    /// For everything but messages: it tries a request again.
    client: Client,
    /// For messages: whoever asks for them asks again anyway.
    receiver: Client,
    url: String,
    visibility: i32,
    most: usize,
}

impl Sqs {
    pub async fn new(config: &Config) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .load()
            .await;
        let times = TimeoutConfig::builder().connect_timeout(CONNECT);
        let client = Builder::from(&shared)
            .timeout_config(times.clone().operation_attempt_timeout(ANSWER).build());
        let receiver = Builder::from(&shared)
            .timeout_config(times.build())
            .retry_config(RetryConfig::disabled());
        Self {
            client: Client::from_conf(client.build()),
            receiver: Client::from_conf(receiver.build()),
            url: config.queue_url.clone(),
            visibility: seconds(config.queue_visibility),
            // Of a FIFO queue one at a time: while it is in hand, its group brings no other one, so the
            // order of each group holds.
            most: if is_fifo(&config.queue_url) { 1 } else { MOST },
        }
    }
}

impl Queue for Sqs {
    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Received>, Error> {
        let most = i32::try_from(most.min(self.most))?;
        let answer = self
            .receiver
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(most)
            .wait_time_seconds(seconds(wait))
            .visibility_timeout(self.visibility)
            .message_system_attribute_names(Name::All)
            .message_attribute_names("All")
            .send();
        let answer = tokio::time::timeout(wait + ANSWER, answer).await??;
        let messages = answer.messages.unwrap_or_default();
        Ok(messages.into_iter().filter_map(received).collect())
    }

    async fn extend(&self, receipt: &str, visibility: Duration) -> Result<(), Error> {
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(seconds(visibility))
            .send()
            .await?;
        Ok(())
    }

    async fn delete(&self, receipt: &str) -> Result<(), Error> {
        self.client
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .send()
            .await?;
        Ok(())
    }
}

/// Reads what Amazon SQS sends; without an id or a receipt it is none of its messages.
fn received(message: types::Message) -> Option<Received> {
    let system = message.attributes.unwrap_or_default();
    let number = |name| system.get(&name)?.parse().ok();
    let sent = Duration::from_millis(number(Name::SentTimestamp).unwrap_or_default());
    let deliveries = number(Name::ApproximateReceiveCount).unwrap_or(1);
    let attributes = message.message_attributes.unwrap_or_default();
    let attributes = attributes.into_iter();
    Some(Received {
        message: Message {
            id: message.message_id?,
            body: message.body.unwrap_or_default(),
            deliveries: u32::try_from(deliveries).unwrap_or(u32::MAX),
            sent: SystemTime::UNIX_EPOCH + sent,
            deduplication_id: system.get(&Name::MessageDeduplicationId).cloned(),
            attributes: attributes
                .filter_map(|(name, value)| Some((name, value.string_value?)))
                .collect(),
        },
        receipt: message.receipt_handle?,
    })
}

fn is_fifo(url: &str) -> bool {
    url.strip_suffix(".fifo").is_some()
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}
