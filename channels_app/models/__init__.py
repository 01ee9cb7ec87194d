from channels_app.models.channels import Channel
from channels_app.models.domains import Domain
from channels_app.models.extensions import Extension
from channels_app.models.queues import MessageQueue
from channels_app.models.rules import RoutingRule
from channels_app.models.status_changes import ChannelStatusChange
from channels_app.models.users import Role, SignInLink, User
from channels_app.models.webhook_tokens import WebhookToken

__all__ = [
    "Channel",
    "ChannelStatusChange",
    "Domain",
    "Extension",
    "MessageQueue",
    "Role",
    "RoutingRule",
    "SignInLink",
    "User",
    "WebhookToken",
]
