// Operations of the hub's own. https://hl7.org/fhir/R4/operationdefinition.html

RuleSet: OwnOperation(type, code, name)
* name = "{name}"
* code = #{code}
* url = "https://siphub.se/fhir/OperationDefinition/{type}-{code}"
* kind = #operation
* status = #active
* resource = #{type}
* system = false

Instance: Consent-confirm
InstanceOf: OperationDefinition
Usage: #definition
* insert OwnOperation(Consent, confirm, ConfirmConsent)
* title = "Bekräfta ett gemensamt samtycke"
* description = "En organisation som namnges i ett samtycke som en annan part har registrerat bekräftar att också dess egna uppgifter får delas så som samtycket säger. Gäller från bekräftelsen. Kräver If-Match med den version som lästes. En senare version som öppnar mer måste bekräftas på nytt, och ett återkallat samtycke bekräftas på nytt om det åter blir aktivt."
* affectsState = true
* type = false
* instance = true
* parameter[0].name = #consent
* parameter[0].use = #out
* parameter[0].min = 1
* parameter[0].max = "1"
* parameter[0].documentation = "Den version av samtycket som bekräftades."
* parameter[0].type = #Reference
* parameter[1].name = #custodian
* parameter[1].use = #out
* parameter[1].min = 1
* parameter[1].max = "1"
* parameter[1].documentation = "Organisationen vars uppgifter öppnades."
* parameter[1].type = #Reference
* parameter[2].name = #confirmed
* parameter[2].use = #out
* parameter[2].min = 1
* parameter[2].max = "1"
* parameter[2].documentation = "När bekräftelsen togs emot."
* parameter[2].type = #instant

RuleSet: AskedReference(number, name, min, documentation)
* parameter[{number}].name = #{name}
* parameter[{number}].use = #in
* parameter[{number}].min = {min}
* parameter[{number}].max = "1"
* parameter[{number}].documentation = "{documentation}"
* parameter[{number}].type = #string
* parameter[{number}].searchType = #reference

RuleSet: Told(number, name, min, type, documentation)
* parameter[{number}].name = #{name}
* parameter[{number}].use = #out
* parameter[{number}].min = {min}
* parameter[{number}].max = "1"
* parameter[{number}].documentation = "{documentation}"
* parameter[{number}].type = #{type}

Instance: Consent-explain-access
InstanceOf: OperationDefinition
Usage: #definition
* insert OwnOperation(Consent, explain-access, ExplainAccess)
* title = "Förklara åtkomst"
* description = "Om en organisation just nu ser vad en annan har om en person, och vilket samtycke i vilken version som öppnar eller nekar. En part frågar om sig själv, som den som har uppgifterna eller den som tar emot dem, och får veta vilket samtycke det är om den ser det."
* affectsState = false
* type = true
* instance = false
* insert AskedReference(0, patient, 1, [[Personen, till exempel Patient/1.]])
* insert AskedReference(1, custodian, 0, [[Organisationen som har uppgifterna. Utelämnad är det den som frågar.]])
* insert AskedReference(2, recipient, 0, [[Organisationen som ska se dem. Utelämnad är det den som frågar.]])
* insert AskedReference(3, resource, 0, [[En resurs som organisationen har. Utelämnad gäller frågan det som inte har någon märkning och inte nämns i något samtycke.]])
* insert Told(4, access, 1, boolean, [[Om mottagaren ser uppgifterna just nu.]])
* insert Told(5, rule, 1, code, [[Varför. own är egna uppgifter, consent är öppnat av ett samtycke, denied är nekat av ett samtycke och no-consent betyder att inget samtycke öppnar.]])
* insert Told(6, consent, 0, Reference, [[Samtycket i den version som öppnar eller nekar, om den som frågar ser det.]])
* insert Told(7, custodian, 1, Reference, [[Organisationen som har uppgifterna.]])
* insert Told(8, recipient, 1, Reference, [[Organisationen som ser dem eller inte.]])
* insert Told(9, at, 1, instant, [[När det gällde.]])

Instance: Patient-access-log
InstanceOf: OperationDefinition
Usage: #definition
* insert OwnOperation(Patient, access-log, AccessLog)
* title = "Vem har tagit del av uppgifterna"
* description = "Loggen om en person som en sida på enkel svenska, att skriva ut eller lämna ut. Den visar vad parten själv har gjort, och vilka andra som har fått uppgifter som parten ansvarar för. Svaret är text/html."
* affectsState = false
* type = false
* instance = true
* parameter[0].name = #start
* parameter[0].use = #in
* parameter[0].min = 0
* parameter[0].max = "1"
* parameter[0].documentation = "Från och med. Utelämnad gäller det senaste året."
* parameter[0].type = #dateTime
* parameter[1].name = #end
* parameter[1].use = #in
* parameter[1].min = 0
* parameter[1].max = "1"
* parameter[1].documentation = "Till och med. Utelämnad gäller nu."
* parameter[1].type = #dateTime
