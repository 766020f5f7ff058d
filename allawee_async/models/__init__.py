"""The models: what the API's objects look like in Python. One file for each noun."""

from typing import TYPE_CHECKING

from allawee_async.lazy import lazy_names

if TYPE_CHECKING:
    from allawee_async.models.accounts import *
    from allawee_async.models.base import APIObject as APIObject
    from allawee_async.models.base import Model as Model
    from allawee_async.models.base import OpenEnum as OpenEnum
    from allawee_async.models.billings import *
    from allawee_async.models.card_authorizations import *
    from allawee_async.models.card_programs import *
    from allawee_async.models.card_transactions import *
    from allawee_async.models.cards import *
    from allawee_async.models.common import *
    from allawee_async.models.customers import *
    from allawee_async.models.disputes import *
    from allawee_async.models.fees import *
    from allawee_async.models.payment_requests import *
    from allawee_async.models.payments import *
    from allawee_async.models.requests import *
    from allawee_async.models.secret_keys import *
    from allawee_async.models.tools import *
    from allawee_async.models.webhooks import *

else:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "accounts": "Account AccountBalance AccountLogEntry AccountStatus AccountType "
            "DepositChannel DepositChannelType",
            "base": "APIObject Model OpenEnum",
            "billings": "Billing",
            "card_authorizations": "AuthorizationStatus AuthorizationType CardAuthorization "
            "DecisionType SimulatedAuthorization",
            "card_programs": "CardAuthorizationSettings CardDistribution CardNetwork "
            "CardPersonalization CardProgram CardProgramStatus CardType DistributionType "
            "FundingSourceType TimeoutDefault",
            "card_transactions": "CardTransaction CardTransactionType",
            "cards": "Card CardChannel CardControls CardDetails CardSecrets CardStatus "
            "FundingSource SpendingInterval SpendingLimit",
            "common": "ActionResult Address Currency",
            "customers": "BusinessInformation Claims Customer CustomerStatus CustomerType Gender "
            "Identity IdentityType IndividualInformation Verification VerificationStatus "
            "VerificationTier",
            "disputes": "Dispute DisputeReason",
            "fees": "Fee FeeStructure",
            "payment_requests": "PaymentRequest PaymentRequestBank PaymentRequestOptions",
            "payments": "BillValidation FeePart Payment PaymentFailureReason PaymentMethod "
            "PaymentStatus PaymentType PayoutOptions",
            "requests": "RequestAttempt RequestRecord RequestSource RequestStatus",
            "secret_keys": "KeyScope SecretKey",
            "tools": "Bank BillCategory BillProduct Configuration FxQuote FxRate Merchant "
            "MerchantCategory PaymentConfiguration PaymentFees ResolvedAccount",
            "webhooks": "Event Webhook WebhookEventName WebhookSecret",
        },
    )
