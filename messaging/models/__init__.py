from messaging.models.attachments import Attachment
from messaging.models.changes import Change
from messaging.models.contacts import Contact
from messaging.models.exports import Export
from messaging.models.messages import Message
from messaging.models.personal import PersonalState
from messaging.models.presence import Presence
from messaging.models.sending import SendingState
from messaging.models.sessions import Session, SessionEvent
from messaging.models.traffic import TrafficCount, TrafficDay
from messaging.models.unroutable import UnroutableMessage
from messaging.models.webhook_log import WebhookLogEntry

__all__ = [
    "Attachment",
    "Change",
    "Contact",
    "Export",
    "Message",
    "PersonalState",
    "Presence",
    "SendingState",
    "Session",
    "SessionEvent",
    "TrafficCount",
    "TrafficDay",
    "UnroutableMessage",
    "WebhookLogEntry",
]
