/// How our side of a stream will end once its waiting bytes are sent.
enum StreamEnd {
    case notYet
    case withBody
    case withTrailers(GRPCStatusCode, String)
}
