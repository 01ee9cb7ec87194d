"""The drop-down with a channel's webhook address under each domain."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Max
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_app.admin.kit.labels import marked
from channels_app.admin.kit.unfolded import ModelChoiceField, Select
from channels_app.models import Channel, Domain
from channels_app.moments import moment


class AddressSelect(Select):
    """The addresses, a button that copies the chosen one, and a link to make a new one."""

    addresses: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if address := self.addresses.get(str(value)):
            option["attrs"]["data-address"] = address
        return option

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html(
            '<div class="tl-address">{}<button type="button" class="tl-button" data-copy="#id_{}" data-copied="{}">{}'
            '</button><a class="tl-button" href="../rotate/">{}</a></div>',
            super().render(name, value, attrs, renderer),
            name,
            _("Copied"),
            _("Copy"),
            _("Rotate…"),
        )


class AddressField(ModelChoiceField[Domain]):
    """Chooses the domain of a channel's webhook address. `offer` fills it for one channel."""

    widget = AddressSelect

    def __init__(self) -> None:
        super().__init__(
            Domain.objects.all(),
            required=False,
            label=gettext_lazy("Webhook URL"),
            help_text=gettext_lazy(
                "Paste it into your account with the ITSP. The chosen domain is saved; links to files "
                "use it too."
            ),
        )

    def offer(self, channel: Channel, own_address: str) -> None:
        """Offers the addresses of `channel`: one per domain; this machine's own while there is no domain."""
        path = channel.webhook_path
        domains = list(Domain.objects.all())
        addresses = {str(domain.pk): f"{domain.origin}{path}" for domain in domains}
        if domains:
            self.empty_label = None if channel.domain_id else _("Choose a domain")
        else:
            own = own_address.rstrip("/") + path
            addresses[""] = own
            self.empty_label = _("%(address)s (local only)") % {"address": own}
        cast(AddressSelect, self.widget).addresses = addresses
        self._labels = {str(domain.pk): marked(domain, addresses[str(domain.pk)]) for domain in domains}
        self.queryset = Domain.objects.all()  # fills the widget anew
        if until := channel.tokens.filter(ends_at__gt=timezone.now()).aggregate(last=Max("ends_at"))["last"]:
            self.help_text = _("%(help)s The previous address works until %(until)s.") % {
                "help": self.help_text,
                "until": moment(until),
            }

    def label_from_instance(self, obj: Domain) -> str:
        return self._labels.get(str(obj.pk), str(obj))
